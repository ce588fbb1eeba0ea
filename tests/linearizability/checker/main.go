// Command checker judges a history of calls: is there an order of them, each at some moment
// between its beginning and its end, in which a module that takes one call at a time gives the
// same answers? (Linearizability: Herlihy and Wing, 1990. The search is Porcupine's.)
//
//	checker -model counter|queue|rebalance [-seconds 20] [-picture FILE.html] < history.jsonl
//
// It exits with 0 where there is such an order, 1 where there is none, 2 where the history cannot
// be read, and 3 where the time was too short to say.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	exitWrong = 1 + iota
	exitUsage
	exitUndecided
)

func main() {
	name := flag.String("model", "", "counter, queue or rebalance")
	seconds := flag.Float64("seconds", 20, "the most that the search may take, for each part of the history")
	picture := flag.String("picture", "", "where to draw a history that is wrong")
	flag.Parse()
	of, known := specs[*name]
	if !known {
		fmt.Fprintf(os.Stderr, "checker: no model %q\n", *name)
		os.Exit(exitUsage)
	}
	history, err := read(os.Stdin, of)
	if err != nil {
		fmt.Fprintf(os.Stderr, "checker: %v\n", err)
		os.Exit(exitUsage)
	}
	os.Exit(judge(history, of, time.Duration(*seconds*float64(time.Second)), *picture))
}

// judge prints what it finds of each part that is not right, and a line that sums up.
func judge(history []porcupine.Operation, of spec, most time.Duration, picture string) int {
	began, code := time.Now(), 0
	parts := of.parts(history)
	for _, part := range parts {
		result, info := porcupine.CheckOperationsVerbose(model(of), part, most)
		switch result {
		case porcupine.Unknown:
			fmt.Printf("undecided after %v: %d operations on %s\n", most, len(part), part[0].Input.(*call).instance)
			code = max(code, exitUndecided)
		case porcupine.Illegal:
			fmt.Print(explain(part, of))
			draw(of, info, picture)
			return exitWrong
		}
	}
	fmt.Printf("%d operations, %d without an answer, %d parts, %.2f s\n",
		len(history), unanswered(history), len(parts), time.Since(began).Seconds())
	return code
}

func unanswered(history []porcupine.Operation) int {
	count := 0
	for _, operation := range history {
		if operation.Output == nil {
			count++
		}
	}
	return count
}

func draw(of spec, info porcupine.LinearizationInfo, picture string) {
	if picture == "" {
		return
	}
	if err := porcupine.VisualizePath(model(of), info, picture); err != nil {
		fmt.Fprintf(os.Stderr, "checker: no picture: %v\n", err)
		return
	}
	fmt.Printf("picture: %s\n", picture)
}
