package main

// maxWord is the length at which a longer run of letters is cut.
const maxWord = 64

// isLetter tells whether a word may hold this byte: A-Z, a-z or _.
func isLetter(b byte) bool {
	return b == '_' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// count returns how often each word stands in a text. What a word is stands in
// demo/words.py: this must find the same ones.
func count(text []byte) map[string]int64 {
	counts := make(map[string]int64)
	for begin := 0; begin < len(text); begin++ {
		end := begin
		for end < len(text) && end-begin < maxWord && isLetter(text[end]) {
			end++
		}
		if end > begin {
			counts[string(text[begin:end])]++
			begin = end - 1
		}
	}
	return counts
}
