--- Understudy in Neovim: starts the server for files, shows its ghost text and maps keys.
local client = require('understudy.client')
local item = require('understudy.item')
local keys = require('understudy.keys')

local M = {}

---@class understudy.Options
---@field cmd? string[]|function the server and its arguments
---@field keys? table<string, string|false>|false insert-mode keys by action; false maps none
---@field native? boolean false: use this plugin's ghost text even if Neovim has its own
---@field settings? table the server's settings, as in its `config.toml`
M.options = { keys = { accept = '<Tab>', rename = '<M-CR>' } }

local road

--- The implementation of ghost text: Neovim 0.12's own, otherwise this plugin's.
function M.road()
  if not road then
    local native = vim.lsp.inline_completion and M.options.native ~= false
    road = require(native and 'understudy.native' or 'understudy.ghost')
  end
  return road
end

--- The client's default configuration.
local function base()
  return dofile(vim.api.nvim_get_runtime_file('lsp/understudy.lua', false)[1])
end

--- The part of the client's configuration that the user's options set.
local function overrides()
  local settings = M.options.settings or {}
  return {
    cmd = M.options.cmd,
    init_options = vim.tbl_extend('force', settings, base().init_options),
    -- An empty table would reach the server as a list.
    settings = next(settings) and { understudy = settings } or nil,
  }
end

--- Starts or reuses the client for `buf`, if `vim.lsp.enable` (0.11) is not available.
local function start(buf)
  local config = vim.tbl_deep_extend('force', base(), overrides(), { name = 'understudy' })
  config.root_dir(buf, function(root)
    config.root_dir = root
    vim.lsp.start(config, { bufnr = buf, reuse_client = client.serves })
  end)
end

local function start_everywhere()
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].filetype ~= '' then
      start(buf)
    end
  end
end

local function start_by_hand()
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('understudy.start', {}),
    callback = function(event)
      start(event.buf)
    end,
  })
  start_everywhere()
end

--- Starts the server for every file opened from now on, and maps the keys.
---@param options? understudy.Options
function M.setup(options)
  M.options = vim.tbl_extend('force', M.options, options or {})
  vim.cmd.runtime('plugin/understudy.lua')
  keys.map(M.options.keys, options and options.keys ~= nil)
  if vim.lsp.config then
    vim.lsp.config('understudy', overrides())
    vim.lsp.enable('understudy')
  else
    start_by_hand()
  end
end

--- Restarts the server for every open file.
function M.restart()
  if vim.lsp.config then
    vim.lsp.enable('understudy', false)
    vim.lsp.enable('understudy')
  else
    vim.tbl_map(client.stop, vim.lsp.get_clients({ name = 'understudy' }))
    start_everywhere()
  end
end

--- Text for a statusline: the model of the current buffer, unavailable providers, blocks, today's cost.
function M.statusline()
  return require('understudy.status').statusline()
end

--- Whether a suggestion is visible.
function M.visible()
  return M.road().visible()
end

--- Whether a next edit is visible, and no suggestion takes precedence.
function M.next_edit_visible()
  return require('understudy.next_edit').visible()
end

--- Accepts the whole suggestion, otherwise the next edit: jumps there first if it is more than a line away. Each
--- accept function returns whether there was one.
function M.accept()
  return M.road().accept() or require('understudy.next_edit').accept()
end

--- Accepts the next word of the suggestion.
function M.accept_word()
  return M.road().accept(item.word)
end

--- Accepts the rest of the suggestion's line.
function M.accept_line()
  return M.road().accept(item.line)
end

--- Shows the next suggestion; requests more if there is only one.
function M.next()
  M.road().cycle(1)
end

--- Shows the previous suggestion.
function M.previous()
  M.road().cycle(-1)
end

--- Whether the visible next edit renames a use, and another server can rename all uses at once.
function M.renames()
  return require('understudy.next_edit').renames()
end

--- Renames all uses of the renamed definition with another server. Returns whether it did.
function M.rename()
  return require('understudy.next_edit').rename()
end

--- Hides the suggestion, and rejects the next edit.
function M.dismiss()
  M.road().dismiss()
  require('understudy.next_edit').dismiss()
end

--- Sends a request now. Neovim's own ghost text does not support it.
function M.trigger()
  local ask = M.road().trigger
  if ask then
    ask()
  end
end

return M
