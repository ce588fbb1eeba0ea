"""`python -m interlock_host` is the `interlock` command."""

from interlock_host.cli.main import main

main()
