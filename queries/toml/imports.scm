; TOML brings in nothing.
