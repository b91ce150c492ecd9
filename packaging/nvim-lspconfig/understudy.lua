---@brief
---
--- https://github.com/understudy-ls/understudy
---
--- Completions, code actions and hover from the models you choose. If a model fails, the next one answers; the last fallback is
--- a model built into the server. Ghost text needs Neovim 0.12: `vim.lsp.inline_completion.enable()`. For earlier versions, and
--- for features beyond the standard, use the plugin in the repository.

---@type vim.lsp.Config
return {
  cmd = { 'understudy' },
  root_markers = { '.understudy.toml', '.git' },
}
