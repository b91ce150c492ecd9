--- `:checkhealth understudy`
local command = require('understudy.command')

local M = {}

local function check_neovim()
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok(('Neovim %s'):format(tostring(vim.version())))
  else
    vim.health.error('Neovim is older than 0.10')
  end
  vim.health.info('ghost text: ' .. command.road())
end

local function check_binary()
  local version, failure = command.ask_binary({ '--version' })
  if version then
    vim.health.ok(('%s: %s'):format(vim.fn.exepath(command.server()), version))
  else
    vim.health.error(failure, { 'cargo install understudy-ls', "or set its path: setup({ cmd = { '/path/to/understudy' } })" })
  end
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = 'understudy' })
  if #clients == 0 then
    vim.health.warn('no server is running', { 'open a file of a known type, then :Understudy restart' })
  end
  for _, it in ipairs(clients) do
    local count = #vim.lsp.get_buffers_by_client_id(it.id)
    local offers = it.server_capabilities.inlineCompletionProvider and vim.health.ok or vim.health.error
    offers(('client %d: %s, %d buffers'):format(it.id, it.config.root_dir or 'no root', count))
  end
end

local function check_key()
  local lhs = (require('understudy').options.keys or {}).accept
  if not lhs then
    return vim.health.info('no key is mapped to accept; map one to <Plug>(understudy-accept)')
  end
  local ours = vim.fn.maparg(lhs, 'i', false, true).desc == 'understudy: accept'
  vim.health.info(ours and lhs .. ' accepts' or lhs .. ' has another mapping, so it does not accept')
end

function M.check()
  vim.health.start('understudy')
  check_neovim()
  check_binary()
  check_clients()
  check_key()
end

return M
