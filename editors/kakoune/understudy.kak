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

# kak-lsp shows a message in one line. An answer has several: it opens in a box, and the buffer *understudy* contains it.
define-command -override -hidden -params 2 lsp-show-message-info %{
    echo -debug "LSP: info from server %arg{1}: %arg{2}"
    evaluate-commands %sh{
        case "$1:$2" in
        understudy:*'
'*) printf 'understudy-answer %%arg{2}' ;;
        *) printf 'echo "LSP: info from server %%arg{1}: %%arg{2}"' ;;
        esac
    }
}

define-command -override -hidden -params 1 understudy-answer %{
    evaluate-commands -draft -save-regs '"' %{
        edit -scratch *understudy*
        set-option buffer filetype markdown
        set-register dquote %arg{1}
        execute-keys '%R'
    }
    info -title '*understudy*' -- %arg{1}
}
