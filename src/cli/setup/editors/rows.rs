//! The editors, how each is found, and its setup steps. A test compares the steps with `editors/*/README.md`.
//! Code is indented by four spaces; `{source}` is the source's folder, `{program}` the program that was
//! found.

pub(super) struct EditorRow {
    pub(super) name: &'static str,
    /// Names of its program, the usual one first.
    pub(super) programs: &'static [&'static str],
    /// Paths of its installation or its settings: `~/` is the home folder, `%NAME%` a variable.
    pub(super) places: &'static [&'static str],
    pub(super) steps: &'static str,
    /// Its folder in `editors`.
    pub(super) folder: &'static str,
}

const VSCODE: &str = "\
In a terminal in {source} (Node 20 or later):
    packaging/vsix
    {program} --install-extension target/packaging/understudy.vsix
";

pub(super) const EDITORS: &[EditorRow] = &[
    EditorRow {
        name: "Neovim",
        programs: &["nvim"],
        places: &["~/.config/nvim", "%LOCALAPPDATA%/nvim", "%ProgramFiles%/Neovim"],
        steps: "\
In init.lua:
    vim.opt.rtp:append('{source}/editors/nvim')
    require('understudy').setup()
",
        folder: "nvim",
    },
    EditorRow {
        name: "Vim",
        programs: &["vim", "gvim", "mvim"],
        places: &["~/.vimrc", "~/.vim/vimrc", "~/vimfiles/vimrc", "/Applications/MacVim.app"],
        steps: "\
With ALE, in vimrc (with vim-lsp the first line is all):
    set runtimepath+={source}/editors/vim
    let g:ale_completion_enabled = 1
    let g:ale_lsp_show_message_severity = 'information'
    let g:ale_linters = {'python': ['pyright', 'understudy'], 'rust': ['analyzer', 'understudy']}
",
        folder: "vim",
    },
    EditorRow {
        name: "VS Code",
        programs: &["code", "code-server"],
        places: &[
            "~/.config/Code",
            "~/.var/app/com.visualstudio.code",
            "/Applications/Visual Studio Code.app",
            "%LOCALAPPDATA%/Programs/Microsoft VS Code",
            "%ProgramFiles%/Microsoft VS Code",
        ],
        steps: VSCODE,
        folder: "vscode",
    },
    EditorRow {
        name: "VSCodium",
        programs: &["codium"],
        places: &[
            "~/.config/VSCodium",
            "~/.var/app/com.vscodium.codium",
            "/Applications/VSCodium.app",
            "%LOCALAPPDATA%/Programs/VSCodium",
        ],
        steps: VSCODE,
        folder: "vscode",
    },
    EditorRow {
        name: "Cursor",
        programs: &["cursor"],
        places: &["~/.config/Cursor", "/Applications/Cursor.app", "%LOCALAPPDATA%/Programs/cursor"],
        steps: VSCODE,
        folder: "vscode",
    },
    EditorRow {
        name: "Emacs",
        programs: &["emacs"],
        places: &["~/.emacs.d", "~/.config/emacs", "~/.emacs", "/Applications/Emacs.app"],
        steps: "\
In init.el; the last line is for eglot, lsp-mode needs only the others:
    (add-to-list 'load-path \"{source}/editors/emacs\")
    (require 'understudy)
    (understudy-eglot-setup 'rust-mode)
",
        folder: "emacs",
    },
    EditorRow {
        name: "Helix",
        programs: &["hx", "helix"],
        places: &["~/.config/helix", "%APPDATA%/helix"],
        steps: "\
In a terminal, in a folder of your code:
    understudy helix-config --write
",
        folder: "helix",
    },
    EditorRow {
        name: "Zed",
        programs: &["zed", "zeditor"],
        places: &["~/.config/zed", "~/.var/app/dev.zed.Zed", "/Applications/Zed.app"],
        steps: "\
In the command palette, choose the folder {source}/editors/zed:
    zed: install dev extension
",
        folder: "zed",
    },
    EditorRow {
        name: "Sublime Text",
        programs: &["subl"],
        places: &[
            "~/.config/sublime-text",
            "/Applications/Sublime Text.app",
            "%ProgramFiles%/Sublime Text",
        ],
        steps: "\
With the package LSP: `Preferences: LSP Settings` in the command palette, then under \"clients\":
    \"understudy\": {
      \"enabled\": true,
      \"command\": [\"understudy\"],
      \"selector\": \"source | text\",
      \"initializationOptions\": {}
    }
and `LSP: Enable Language Server Globally`, where you choose `understudy`.
",
        folder: "sublime",
    },
    EditorRow {
        name: "Kate",
        programs: &["kate"],
        places: &["~/.config/katerc", "~/.var/app/org.kde.kate", "/Applications/kate.app"],
        steps: "\
In Settings > Configure Kate > LSP Client > User Server Settings, an entry for each language:
    {
      \"servers\": {
        \"python\": {
          \"command\": [\"understudy\"],
          \"rootIndicationFileNames\": [\".understudy.toml\", \".git\"],
          \"highlightingModeRegex\": \"^Python$\",
          \"initializationOptions\": {}
        }
      }
    }
",
        folder: "kate",
    },
    EditorRow {
        name: "Kakoune",
        programs: &["kak"],
        places: &["~/.config/kak"],
        steps: "\
With kak-lsp 17.0 or later, in kakrc:
    eval %sh{kak-lsp}
    lsp-enable
    source {source}/editors/kakoune/understudy.kak
",
        folder: "kakoune",
    },
    EditorRow {
        name: "JetBrains' editors",
        programs: &[
            "idea",
            "pycharm",
            "webstorm",
            "goland",
            "clion",
            "rustrover",
            "phpstorm",
            "rubymine",
        ],
        places: &[
            "~/.config/JetBrains",
            "~/Library/Application Support/JetBrains",
            "%APPDATA%/JetBrains",
        ],
        steps: "\
With the plugin LSP4IJ: View > Tool Windows > Language Servers, New Language Server,
Template > Import from directory, and the folder
{source}/editors/jetbrains/understudy.
",
        folder: "jetbrains",
    },
];
