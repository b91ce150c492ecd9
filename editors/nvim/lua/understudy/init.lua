--- Understudy in Neovim: starts the server for files, shows its ghost text, and gives it keys.
local client = require('understudy.client')
local item = require('understudy.item')
local keys = require('understudy.keys')

local M = {}

---@class understudy.Options
---@field cmd? string[]|function the server and its arguments
---@field keys? table<string, string|false>|false insert-mode keys by action; false maps none
---@field native? boolean false: this plugin's ghost text even where Neovim has its own
---@field settings? table the server's settings, as in its `config.toml`
M.options = { keys = { accept = '<Tab>' } }

local road

--- What shows ghost text: Neovim 0.12's own, else ours.
function M.road()
  if not road then
    local native = vim.lsp.inline_completion and M.options.native ~= false
    road = require(native and 'understudy.native' or 'understudy.ghost')
  end
  return road
end

--- The client's configuration as this plugin has it.
local function base()
  return dofile(vim.api.nvim_get_runtime_file('lsp/understudy.lua', false)[1])
end

--- What the user's options say about the client.
local function overrides()
  local settings = M.options.settings or {}
  return {
    cmd = M.options.cmd,
    init_options = vim.tbl_extend('force', settings, base().init_options),
    -- An empty table would reach the server as a list.
    settings = next(settings) and { understudy = settings } or nil,
  }
end

--- Starts or joins the client for `buf`, where `vim.lsp.enable` (0.11) does not.
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

--- Starts the server for every file from now on, and maps the keys.
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

--- Stops the server and starts it anew for every file that is open.
function M.restart()
  if vim.lsp.config then
    vim.lsp.enable('understudy', false)
    vim.lsp.enable('understudy')
  else
    vim.tbl_map(client.stop, vim.lsp.get_clients({ name = 'understudy' }))
    start_everywhere()
  end
end

--- For a statusline: who serves the current buffer, who is out, what is blocked, what today cost.
function M.statusline()
  return require('understudy.status').statusline()
end

--- Whether a suggestion stands on the screen.
function M.visible()
  return M.road().visible()
end

--- Accepts all of the suggestion. Each of these returns whether there was one.
function M.accept()
  return M.road().accept()
end

--- Accepts its next word.
function M.accept_word()
  return M.road().accept(item.word)
end

--- Accepts the rest of its line.
function M.accept_line()
  return M.road().accept(item.line)
end

--- Shows the next suggestion, asking for more where there is but one.
function M.next()
  M.road().cycle(1)
end

--- Shows the suggestion before.
function M.previous()
  M.road().cycle(-1)
end

--- Takes the suggestion from the screen.
function M.dismiss()
  M.road().dismiss()
end

--- Asks now. Neovim's own ghost text cannot be told to.
function M.trigger()
  local ask = M.road().trigger
  if ask then
    ask()
  end
end

return M
