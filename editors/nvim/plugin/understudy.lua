-- What stands ready before `setup()`, and for those who enable the client by themselves.
if vim.g.loaded_understudy then
  return
end
vim.g.loaded_understudy = true

local highlight = vim.api.nvim_set_hl
highlight(0, 'UnderstudyGhost', { link = 'Comment', default = true })
highlight(0, 'UnderstudyGhostCount', { link = 'NonText', default = true })

for name in vim.gsplit('accept accept-word accept-line next previous dismiss trigger', ' ') do
  vim.keymap.set('i', ('<Plug>(understudy-%s)'):format(name), function()
    require('understudy')[name:gsub('-', '_')]()
  end)
end

vim.api.nvim_create_user_command('Understudy', function(command)
  require('understudy.command').run(command.fargs)
end, {
  nargs = '+',
  desc = 'status, restart or log of the Understudy server',
  complete = function(typed, line)
    return require('understudy.command').complete(typed, line)
  end,
})

vim.api.nvim_create_autocmd('LspAttach', {
  group = vim.api.nvim_create_augroup('understudy', {}),
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'understudy' then
      require('understudy').road().attach(client, event.buf)
    end
  end,
})
