-- What stands ready before `setup()`, and for those who enable the client by themselves.
if vim.g.loaded_understudy then
  return
end
vim.g.loaded_understudy = true

-- As a comment, but grey where the colour scheme (Neovim's own, too) gives comments no terminal colour:
-- what is suggested must not look like what is written.
local function highlight()
  local ghost = vim.api.nvim_get_hl(0, { name = 'Comment', link = false })
  ghost.ctermfg = ghost.ctermfg or 8
  ghost.default = true
  vim.api.nvim_set_hl(0, 'UnderstudyGhost', ghost)
  vim.api.nvim_set_hl(0, 'UnderstudyGhostCount', { link = 'NonText', default = true })
end

local group = vim.api.nvim_create_augroup('understudy', {})
vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlight })
highlight()

for name in vim.gsplit('accept accept-word accept-line next previous dismiss trigger', ' ') do
  vim.keymap.set('i', ('<Plug>(understudy-%s)'):format(name), function()
    require('understudy')[name:gsub('-', '_')]()
  end)
end

vim.api.nvim_create_user_command('Understudy', function(command)
  local range = command.range > 0 and { command.line1, command.line2 } or {}
  require('understudy.command').run(command.fargs, range)
end, {
  nargs = '+',
  range = true,
  desc = 'ask Understudy, see its status, pause it, restart it, open its log',
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
      require('understudy.status').ask(event.buf)
    end
  end,
})

require('understudy.status').watch(group)
