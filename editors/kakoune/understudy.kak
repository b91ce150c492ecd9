# Understudy beside the other servers of kak-lsp, 17.0 or later.
hook -group understudy global BufSetOption filetype=.+ %{
    set-option -add buffer lsp_servers %{
        [understudy]
        command = "understudy"
        root_globs = [".understudy.toml", ".git", ".hg"]
    }
}
