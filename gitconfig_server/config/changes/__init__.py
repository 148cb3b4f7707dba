"""What a change asks for, turned into edits of files."""
