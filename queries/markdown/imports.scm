; A text for people brings in nothing.
