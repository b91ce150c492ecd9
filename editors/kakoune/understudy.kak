# Adds Understudy to the servers of kak-lsp.
hook -group understudy global BufSetOption filetype=.+ %{
    evaluate-commands %sh{
        # A buffer's filetype is set more than once, but a server may be listed only once.
        case "$kak_opt_lsp_servers" in
        *'[understudy]'*) ;;
        *)
            printf 'set-option -add buffer lsp_servers %%{\n'
            printf '[understudy]\ncommand = "understudy"\nroot_globs = [".understudy.toml", ".git", ".hg"]\n}\n'
            ;;
        esac
    }
}
