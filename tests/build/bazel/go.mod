module interlock.dev/digests

go 1.21
