; SQL brings in nothing.
