--- `:Understudy`: one function per subcommand.
local client = require('understudy.client')
local status = require('understudy.status')

local M = {}

local function say(text, level)
  vim.notify('understudy: ' .. text, level or vim.log.levels.INFO)
end

--- The program that would be started as the server.
function M.server()
  local config = vim.lsp.config and vim.lsp.config.understudy
  local cmd = config and config.cmd or require('understudy').options.cmd or { 'understudy' }
  return type(cmd) == 'table' and cmd[1] or nil
end

--- Runs the server's binary with `arguments` and returns its output, or nil and the reason of the failure.
---@param arguments string[]
function M.ask_binary(arguments)
  local binary = M.server()
  if not binary or vim.fn.executable(binary) == 0 then
    return nil, ('%s is not an executable file on the PATH'):format(binary or 'the server')
  end
  local done = vim.system({ binary, unpack(arguments) }, { text = true }):wait(5000)
  if done.code ~= 0 then
    return nil, ('%s %s failed: %s'):format(binary, table.concat(arguments, ' '), done.stderr or '')
  end
  return vim.trim(done.stdout)
end

--- Which implementation shows ghost text, as text for the status.
function M.road()
  local native = require('understudy').road() == package.loaded['understudy.native']
  return native and "Neovim's own (vim.lsp.inline_completion)" or "this plugin's"
end

local commands = {}

function commands.status()
  local lsp = client.of(vim.api.nvim_get_current_buf())
  if not lsp then
    return say('not attached to this buffer; run :checkhealth understudy for details', vim.log.levels.WARN)
  end
  local version = (lsp.server_info or {}).version or 'of unknown version'
  local root = lsp.config.root_dir or 'no root: this file only'
  local server = ('server %s, %s, ghost text: %s'):format(version, root, M.road())
  status.ask(vim.api.nvim_get_current_buf(), function(it)
    say(table.concat(vim.list_extend(it and status.lines(it) or {}, { server }), '\n'))
  end)
end

--- Executes a server command, and reports its failure.
local function execute(name, argument)
  local buf = vim.api.nvim_get_current_buf()
  local lsp = client.of(buf)
  if not lsp then
    return say('not attached to this buffer', vim.log.levels.WARN)
  end
  client.request(lsp, 'workspace/executeCommand', { command = name, arguments = { argument } }, function(failure)
    if failure then
      return say(failure.message, vim.log.levels.ERROR)
    end
    status.ask(buf, function(it)
      say(it and it.message or 'done')
    end)
  end, buf)
end

--- Pauses this folder, or everything with `everywhere`; for an hour or a number of minutes, otherwise until `resume`.
function commands.pause(words)
  local wish = { uri = vim.uri_from_bufnr(0) }
  for _, word in ipairs(words) do
    if word == 'everywhere' then
      wish.uri = nil
    elseif word == 'hour' then
      wish.minutes = 60
    elseif word:match('^[1-9]%d*$') then
      wish.minutes = tonumber(word)
    elseif word ~= 'here' then
      return say('usage: pause [here|everywhere] [hour|{minutes}]', vim.log.levels.ERROR)
    end
  end
  -- An empty table would reach the server as a list.
  execute('understudy.pause', next(wish) and wish or vim.empty_dict())
end

--- Ends all pauses.
function commands.resume()
  execute('understudy.resume', vim.empty_dict())
end

--- Requests an explanation of the symbol under the cursor: the answer streams into the float, and later hovers show it.
function commands.explain()
  local buf = vim.api.nvim_get_current_buf()
  local lsp = client.of(buf)
  if not lsp then
    return say('not attached to this buffer', vim.log.levels.WARN)
  end
  local position = vim.lsp.util.make_position_params(0, lsp.offset_encoding).position
  local argument = { uri = vim.uri_from_bufnr(buf), position = position }
  client.request(lsp, 'workspace/executeCommand', { command = 'understudy.explain', arguments = { argument } }, function(failure)
    if failure then
      say(failure.message, vim.log.levels.ERROR)
    end
  end, buf)
end

--- Renames all uses of the definition that was just renamed, with another language server.
function commands.rename()
  if not require('understudy').renames() then
    say('no definition was just renamed, or no other language server of its buffer can rename', vim.log.levels.WARN)
  else
    require('understudy').rename()
  end
end

--- Shows the most recent requests that left this machine, verbatim, in a buffer that is not saved.
function commands.sent()
  local buf = vim.api.nvim_get_current_buf()
  local lsp = client.of(buf)
  if not lsp then
    return say('not attached to this buffer', vim.log.levels.ERROR)
  end
  client.request(lsp, 'workspace/executeCommand', { command = 'understudy.sent' }, function(failure, sent)
    if failure then
      return say(failure.message, vim.log.levels.ERROR)
    end
    local lines = {}
    for _, it in ipairs(sent) do
      table.insert(lines, ('# %s to %s at %s'):format(os.date('%H:%M:%S', it.at), it.provider, it.url))
      vim.list_extend(lines, vim.split(it.text, '\n', { plain = true }))
      table.insert(lines, '')
    end
    vim.cmd.new()
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(0, 0, -1, true, #lines > 0 and lines or { 'No request left this machine.' })
    vim.bo.modifiable = false
  end, buf)
end

--- Runs `understudy setup` in a terminal: detects keys and servers, and asks before it writes the config file.
function commands.setup()
  local binary = M.server()
  if not binary or vim.fn.executable(binary) == 0 then
    return say(('%s is not an executable file on the PATH'):format(binary or 'the server'), vim.log.levels.ERROR)
  end
  vim.cmd('botright new | terminal ' .. vim.fn.fnameescape(binary) .. ' setup')
  vim.cmd.startinsert()
end

function commands.restart()
  require('understudy').restart()
end

function commands.log()
  local path, failure = M.ask_binary({ 'log', '--path' })
  if not path then
    return say(failure, vim.log.levels.ERROR)
  end
  vim.cmd.tabedit(vim.fn.fnameescape(path))
end

--- Asks a question about the lines of a range or the cursor's line, or continues from the visible answer.
function commands.ask(words, range)
  if #words == 0 then
    return say('ask needs a question: :Understudy ask {words}', vim.log.levels.ERROR)
  end
  require('understudy.answer').ask(table.concat(words, ' '), unpack(range))
end

local function names()
  local all = vim.tbl_keys(commands)
  table.sort(all)
  return all
end

--- Subcommands that begin with `typed`, or the arguments of a subcommand.
function M.complete(typed, line)
  local command = line:match('%S+%s+(%S+)%s')
  local words = names()
  if command then
    words = command == 'pause' and { 'everywhere', 'here', 'hour' } or {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, typed)
  end, words)
end

--- Subcommands that take arguments.
local TAKE = { ask = true, pause = true }

--- `range` holds the first and the last line if the user gave a range, otherwise it is empty.
function M.run(arguments, range)
  local command = commands[arguments[1]]
  if not command or #arguments > 1 and not TAKE[arguments[1]] then
    return say('unknown subcommand: use one of ' .. table.concat(names(), ', '), vim.log.levels.ERROR)
  end
  command(vim.list_slice(arguments, 2), range or {})
end

return M
