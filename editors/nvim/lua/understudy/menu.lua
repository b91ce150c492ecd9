--- Completion menus. Ghost text is hidden while one is open.
local M = {}

local function asks(module, question)
  local plugin = package.loaded[module]
  return type(plugin) == 'table' and type(plugin[question]) == 'function' and plugin[question]()
end

--- Whether a completion menu is open: Neovim's own, blink.cmp's or nvim-cmp's.
function M.open()
  return vim.fn.pumvisible() == 1 or asks('blink.cmp', 'is_menu_visible') or asks('cmp', 'visible') or false
end

local watched = {}

--- Calls `changed` after a menu of nvim-cmp opens or closes; nvim-cmp may be loaded at any time.
local function watch_cmp(changed)
  local cmp = package.loaded['cmp']
  if type(cmp) == 'table' and cmp.event and watched ~= cmp then
    watched = cmp
    cmp.event:on('menu_opened', changed)
    cmp.event:on('menu_closed', changed)
  end
end

--- Calls `changed` after any of these menus opens or closes.
---@param group integer an autocommand group
---@param changed fun()
function M.watch(group, changed)
  local later = vim.schedule_wrap(changed)
  local on = vim.api.nvim_create_autocmd
  on({ 'CompleteChanged', 'CompleteDone' }, { group = group, callback = later })
  on('User', { group = group, pattern = { 'BlinkCmpMenuOpen', 'BlinkCmpMenuClose' }, callback = later })
  on('InsertEnter', {
    group = group,
    callback = function()
      watch_cmp(later)
    end,
  })
end

return M
