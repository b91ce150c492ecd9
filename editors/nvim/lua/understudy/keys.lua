--- Keys of insert mode, and of normal mode for next edits. They act while a suggestion is visible, and otherwise
--- keep their previous meaning.
local M = {}

local api = vim.api
local OURS = 'understudy: '

--- Actions that also apply to a next edit.
local NEXT_EDIT = { accept = true, dismiss = true, rename = true }

--- The previous meaning of each mapped key, as a `<Plug>` mapping.
---@type table<string, string>
local kept = {}
local count = 0

local function raw(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

--- The global mapping of `lhs` as a dictionary; empty if there is none. A buffer-local mapping takes precedence
--- over this plugin's mapping anyway.
local function mapping(mode, lhs)
  for _, map in ipairs(api.nvim_get_keymap(mode)) do
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
local function plain(mode, lhs)
  local key = plug('plain')
  vim.keymap.set(mode, key, lhs, { remap = false })
  return key
end

--- A key to which `map` is moved from `lhs`, so that Neovim executes a mapping of any kind.
local function moved(mode, lhs, map)
  local key = plug('before')
  map = vim.tbl_extend('force', map, { lhs = key, lhsraw = raw(key), buffer = 0 })
  map.lhsrawalt = nil
  local again = map.rhs and map.noremap == 0 and map.expr == 0 and vim.startswith(raw(map.rhs), raw(lhs))
  if again then
    -- A mapping that begins with its own key means the built-in key; under another name it would run this plugin's mapping.
    map.rhs = plain(mode, lhs) .. vim.fn.keytrans(raw(map.rhs):sub(#raw(lhs) + 1))
  end
  vim.fn.mapset(mode, false, map)
  return key
end

--- Whether `action` has something to act on in `mode`.
local function acts(mode, action)
  local ours = require('understudy')
  if action == 'rename' then
    return ours.renames()
  end
  if mode == 'i' and (action == 'trigger' or ours.visible()) then
    return true
  end
  return NEXT_EDIT[action] ~= nil and ours.next_edit_visible()
end

local function map_one(mode, action, lhs, asked)
  local map = mapping(mode, lhs)
  local ours = vim.startswith(map.desc or '', OURS)
  local free = vim.tbl_isempty(map) or vim.startswith(map.desc or '', 'vim.snippet.jump')
  if not (ours or free or asked) then
    return
  end
  local name = mode .. raw(lhs)
  if not ours then
    kept[name] = vim.tbl_isempty(map) and plain(mode, lhs) or moved(mode, lhs, map)
  end
  local before = kept[name]
  vim.keymap.set(mode, lhs, function()
    return acts(mode, action) and ('<Cmd>lua require("understudy").%s()<CR>'):format(action) or before
  end, { expr = true, remap = true, desc = OURS .. action })
end

--- Maps each action to its key. A default does not replace a mapping of the user's; a key that they `asked` for does.
---@param keys table<string, string|false>|false
---@param asked boolean
function M.map(keys, asked)
  for action, lhs in pairs(keys or {}) do
    if lhs then
      map_one('i', action, lhs, asked)
    end
    if lhs and NEXT_EDIT[action] then
      map_one('n', action, lhs, asked)
    end
  end
end

return M
