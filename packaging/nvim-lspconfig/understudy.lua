---@brief
---
--- https://github.com/understudy-ls/understudy
---
--- Completions, code actions and hover from the models you choose, the next one where one fails, and from one built into the
--- server where none is left. Ghost text needs Neovim 0.12: `vim.lsp.inline_completion.enable()`. For earlier ones, and for
--- more than the standard has, there is a plugin in the repository.

---@type vim.lsp.Config
return {
  cmd = { 'understudy' },
  root_markers = { '.understudy.toml', '.git' },
}
