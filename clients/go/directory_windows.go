package tallystick

import (
	"os"
	"syscall"
)

const sharingViolation = syscall.Errno(32)

// lockFile opens a file that one process at a time has open this way.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE,
		0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == sharingViolation {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}

// syncDirectory does nothing: NTFS has no such thing, and keeps a journal of names.
func syncDirectory(string) error { return nil }
