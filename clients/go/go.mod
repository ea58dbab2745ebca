module tallystick.example/tallystick

go 1.21
