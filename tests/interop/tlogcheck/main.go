// Command tlogcheck verifies a Custodiet ledger with Go's own packages for transparency logs, so that the ledger is
// checked by code that is not Custodiet's. Build it with Debian's golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go DIR
//
// It checks the checkpoint's signature, the inclusion of every entry (of at most 20,000, evenly spread, in a larger
// log) and the consistency of ten smaller sizes with the signed one.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight    = 8
	tileWidth     = 1 << tileHeight
	inclusionsMax = 20000
)

// folder reads tiles in the layout of C2SP tlog-tiles.
type folder string

func (f folder) Height() int                             { return tileHeight }
func (f folder) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), "tile", strconv.Itoa(t.L), number(t.N, t.W)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func number(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < tileWidth {
		path = fmt.Sprintf("%s.p/%d", path, width)
	}
	return path
}

func (f folder) checkpoint() (size int64, root tlog.Hash, err error) {
	key, err := os.ReadFile(filepath.Join(string(f), "vkey"))
	if err != nil {
		return 0, root, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return 0, root, err
	}
	signed, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return 0, root, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return 0, root, fmt.Errorf("checkpoint is not origin, size and root")
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, root, err
	}
	hash, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(hash) != tlog.HashSize {
		return 0, root, fmt.Errorf("checkpoint's root is not a hash")
	}
	copy(root[:], hash)
	return size, root, nil
}

func (f folder) entries(tile, size int64) ([][]byte, error) {
	width := size - tile*tileWidth
	if width > tileWidth {
		width = tileWidth
	}
	path := filepath.Join(string(f), "tile", "entries", number(tile, int(width)))
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is cut off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != width {
		return nil, fmt.Errorf("%s holds %d entries, not %d", path, len(entries), width)
	}
	return entries, nil
}

func verify(f folder) (size, included, consistent int64, err error) {
	size, root, err := f.checkpoint()
	if err != nil || size == 0 {
		return size, 0, 0, err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, f)
	step := size/inclusionsMax + 1
	for tile := int64(0); tile*tileWidth < size; tile++ {
		entries, err := f.entries(tile, size)
		if err != nil {
			return size, included, 0, err
		}
		for i, entry := range entries {
			index := tile*tileWidth + int64(i)
			if index%step != 0 && index != size-1 {
				continue
			}
			proof, err := tlog.ProveRecord(size, index, reader)
			if err != nil {
				return size, included, 0, fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)); err != nil {
				return size, included, 0, fmt.Errorf("entry %d: %w", index, err)
			}
			included++
		}
	}
	for part := int64(1); part <= 10; part++ {
		old := (size*part + 9) / 10
		oldRoot, err := tlog.TreeHash(old, reader)
		if err != nil {
			return size, included, consistent, err
		}
		proof, err := tlog.ProveTree(size, old, reader)
		if err != nil {
			return size, included, consistent, err
		}
		if err := tlog.CheckTree(proof, size, root, old, oldRoot); err != nil {
			return size, included, consistent, fmt.Errorf("size %d: %w", old, err)
		}
		consistent++
	}
	return size, included, consistent, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tlogcheck DIR")
		os.Exit(2)
	}
	size, included, consistent, err := verify(folder(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
	fmt.Printf("%d entries, %d inclusions, %d consistencies verified\n", size, included, consistent)
}
