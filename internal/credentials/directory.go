package credentials

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Directory is a Source of files <dir>/<secret>/<key>, the layout of mounted Kubernetes Secrets. Files are read at use
// time: the kubelet replaces them by swapping a symbolic link.
//
// Files have no labels, so each tenant can refer to all of them: a directory is for a process outside Kubernetes, run by
// the one who writes both the files and the tenants.
type Directory struct{ dir string }

// NewDirectory reads below dir and nowhere else, whatever a reference or a symbolic link says.
func NewDirectory(dir string) *Directory { return &Directory{dir: dir} }

// Get implements Source.
func (d *Directory) Get(_ Owner, ref tenancy.SecretRef) ([]byte, error) {
	if ref == (tenancy.SecretRef{}) {
		return nil, &MissingError{Problem: "no reference to a Secret"}
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return nil, &MissingError{Ref: ref, Problem: "the credentials directory cannot be opened"}
	}
	defer root.Close()
	file, err := root.Open(filepath.Join(ref.Name, ref.Key))
	if err != nil {
		return nil, &MissingError{Ref: ref, Problem: fileProblem(err)}
	}
	defer file.Close()
	value, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return nil, &MissingError{Ref: ref, Problem: fileProblem(err)}
	}
	return value, nil
}

func fileProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file in the credentials directory"
	case errors.Is(err, fs.ErrPermission):
		return "the file may not be read by this process"
	default:
		return "the file cannot be read"
	}
}
