package main

import (
	"github.com/anishathalye/porcupine"
)

// byKeys keeps together what touches common keys of an instance, directly or through calls of
// several keys: keys that no chain of calls links are registers of their own, and
// linearizability is local (Herlihy and Wing, 1990). A `once` id is an instance's, so it links too.
func byKeys(history []porcupine.Operation) [][]porcupine.Operation {
	links := links{}
	for _, operation := range history {
		names := namesOf(operation.Input.(*call))
		for _, name := range names[1:] {
			links[links.root(name)] = links.root(names[0])
		}
	}
	return grouped(history, func(o porcupine.Operation) string { return links.root(namesOf(o.Input.(*call))[0]) })
}

// namesOf returns the names that a call touches: at least one.
func namesOf(c *call) []string {
	var names []string
	touch := func(kind, name string) { names = append(names, c.instance+"\x00"+kind+name) }
	switch ask := c.ask.(type) {
	case *addRequest:
		for _, one := range ask.Adds {
			touch("key ", one.Key)
			if one.Once != "" {
				touch("once ", one.Once)
			}
		}
	case *getRequest:
		for _, key := range ask.Keys {
			touch("key ", key)
		}
	case *casRequest:
		touch("key ", ask.Key)
	case *resetRequest:
		for _, key := range ask.Keys {
			touch("key ", key)
		}
	case *waitRequest:
		touch("key ", ask.Key)
	}
	return names
}

// links is a forest of names: union-find, with paths halved.
type links map[string]string

func (l links) root(name string) string {
	for {
		up, linked := l[name]
		if !linked || up == name {
			return name
		}
		if higher, linked := l[up]; linked {
			l[name] = higher
		}
		name = up
	}
}
