// Prints the SHA-256 and the name of each module that it carries.
package main

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"log"
)

//go:embed modules/*.wasm
var modules embed.FS

func main() {
	entries, err := modules.ReadDir("modules")
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range entries {
		wasm, err := modules.ReadFile("modules/" + entry.Name())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%x %s\n", sha256.Sum256(wasm), entry.Name())
	}
}
