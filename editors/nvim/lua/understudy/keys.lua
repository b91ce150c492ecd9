--- Insert-mode keys. They act while a suggestion is visible, and otherwise keep their previous meaning.
local M = {}

local api = vim.api
local OURS = 'understudy: '

--- The previous meaning of each mapped key, as a `<Plug>` mapping.
---@type table<string, string>
local kept = {}
local count = 0

local function raw(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

--- The global mapping of `lhs` as a dictionary; empty if there is none. A buffer-local mapping takes precedence
--- over this plugin's mapping anyway.
local function mapping(lhs)
  for _, map in ipairs(api.nvim_get_keymap('i')) do
    if map.lhsraw == raw(lhs) or map.lhsrawalt == raw(lhs) then
      return map
    end
  end
  return {}
end

--- A new internal `<Plug>` key.
local function plug(what)
  count = count + 1
  return ('<Plug>(understudy-%s-%d)'):format(what, count)
end

--- A key with the built-in meaning of `lhs`.
local function plain(lhs)
  local key = plug('plain')
  vim.keymap.set('i', key, lhs, { remap = false })
  return key
end

--- A key to which `map` is moved from `lhs`, so that Neovim executes a mapping of any kind.
local function moved(lhs, map)
  local key = plug('before')
  map = vim.tbl_extend('force', map, { lhs = key, lhsraw = raw(key), buffer = 0 })
  map.lhsrawalt = nil
  local again = map.rhs and map.noremap == 0 and map.expr == 0 and vim.startswith(raw(map.rhs), raw(lhs))
  if again then
    -- A mapping that begins with its own key means the built-in key; under another name it would run this plugin's mapping.
    map.rhs = plain(lhs) .. vim.fn.keytrans(raw(map.rhs):sub(#raw(lhs) + 1))
  end
  vim.fn.mapset('i', false, map)
  return key
end

local function map_one(action, lhs, asked)
  local map = mapping(lhs)
  local ours = vim.startswith(map.desc or '', OURS)
  local free = vim.tbl_isempty(map) or vim.startswith(map.desc or '', 'vim.snippet.jump')
  if not (ours or free or asked) then
    return
  end
  if not ours then
    kept[raw(lhs)] = vim.tbl_isempty(map) and plain(lhs) or moved(lhs, map)
  end
  local before = kept[raw(lhs)]
  vim.keymap.set('i', lhs, function()
    local acts = action == 'trigger' or require('understudy').visible()
    return acts and ('<Cmd>lua require("understudy").%s()<CR>'):format(action) or before
  end, { expr = true, remap = true, desc = OURS .. action })
end

--- Maps each action to its key. A default does not replace a mapping of the user's; a key that they `asked` for does.
---@param keys table<string, string|false>|false
---@param asked boolean
function M.map(keys, asked)
  for action, lhs in pairs(keys or {}) do
    if lhs then
      map_one(action, lhs, asked)
    end
  end
end

return M
