--- The folder to which a buffer belongs. The server learns from it.
local M = {}

local REPOSITORY = { '.git', '.hg', '.jj', '.svn', '.understudy.toml' }
local PACKAGE = { 'Cargo.toml', 'go.mod', 'package.json', 'pyproject.toml', 'setup.py', 'Makefile' }

local function working_folder(name)
  local cwd = vim.uv.cwd()
  local within = cwd and vim.startswith(name, cwd .. '/')
  return within and cwd ~= vim.uv.os_homedir() and cwd or nil
end

--- Calls `on_dir` with the root of `buf`: its repository, otherwise its package, otherwise the working folder
--- that contains it (never the home folder); nil for a file without a root. Not called if `buf` is not a file.
---@param buf integer
---@param on_dir fun(root: string?)
function M.find(buf, on_dir)
  local name = vim.api.nvim_buf_get_name(buf)
  if vim.bo[buf].buftype ~= '' or name == '' or name:match('^%a[%w+.-]+://') then
    return
  end
  on_dir(vim.fs.root(buf, REPOSITORY) or vim.fs.root(buf, PACKAGE) or working_folder(name))
end

return M
