-- Highlights, `<Plug>` mappings and the command. They work without `setup()`, for users of `vim.lsp.enable`.
if vim.g.loaded_understudy then
  return
end
vim.g.loaded_understudy = true

-- Like a comment, but grey if the colour scheme (including Neovim's default) gives comments no terminal colour,
-- so that a suggestion does not look like written text.
local function highlight()
  local ghost = vim.api.nvim_get_hl(0, { name = 'Comment', link = false })
  ghost.ctermfg = ghost.ctermfg or 8
  ghost.default = true
  vim.api.nvim_set_hl(0, 'UnderstudyGhost', ghost)
  vim.api.nvim_set_hl(0, 'UnderstudyGhostCount', { link = 'NonText', default = true })
  vim.api.nvim_set_hl(0, 'UnderstudyNextEditOld', vim.tbl_extend('force', ghost, { strikethrough = true }))
  vim.api.nvim_set_hl(0, 'UnderstudyNextEditNew', { link = 'DiffAdd', default = true })
  vim.api.nvim_set_hl(0, 'UnderstudyNextEditSign', { link = 'Special', default = true })
end

local group = vim.api.nvim_create_augroup('understudy', {})
vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlight })
highlight()

for name in vim.gsplit('accept accept-word accept-line next previous dismiss rename trigger', ' ') do
  -- In normal mode these apply to a next edit.
  local modes = vim.list_contains({ 'accept', 'dismiss', 'rename' }, name) and { 'i', 'n' } or 'i'
  vim.keymap.set(modes, ('<Plug>(understudy-%s)'):format(name), function()
    require('understudy')[name:gsub('-', '_')]()
  end)
end

vim.api.nvim_create_user_command('Understudy', function(command)
  local range = command.range > 0 and { command.line1, command.line2 } or {}
  require('understudy.command').run(command.fargs, range)
end, {
  nargs = '+',
  range = true,
  desc = 'Understudy: ask, explain, status, pause, restart, log',
  complete = function(typed, line)
    return require('understudy.command').complete(typed, line)
  end,
})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'understudy' then
      require('understudy').road().attach(client, event.buf)
      require('understudy.next_edit').attach(client, event.buf)
      require('understudy.status').ask(event.buf)
    end
  end,
})

require('understudy.status').watch(group)
