//! Scripting languages.

use super::*;

#[test]
fn bash() {
    check(
        "bash",
        r#"#!/usr/bin/env bash
# Builds the shapes.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
. ./colours.sh

readonly LIMIT=10
export COLOUR='blue'
files=(a b)
name=${1:-shapes}

usage() {
  cat <<EOF
Usage: $0 [$name]
EOF
}

function build {
  local target="$1"
  if [[ $target =~ ^a.b$ ]]; then
    echo "building ${target%.*} of $(count "$name") things" # aloud
  elif [ -z "$target" ]; then
    usage
  else
    return 1
  fi
  for file in "${files[@]}"; do
    make "$file" || exit
  done
  for ((i = 0; i < LIMIT; i++)); do echo $'a\tb'; done
  while read -r line; do
    case "$line" in
      start) (cd build && make) ;;
      *) break ;;
    esac
  done < list.txt
}

build "$@"
"#,
        expect![[r#"
            definitions
              Constant LIMIT: readonly LIMIT=10
              Variable COLOUR: export COLOUR='blue'
              Variable files: files=(a b)
              Variable name: name=${1:-shapes}
              Function usage: usage()
              Function build: function build
            scopes
              Function usage() { | { cat <<EOF Usage: $
              Function function build { | { local target="$1" 
                Block if [[ $target =~ ^a.b$ ]]; then | 
                  Block elif [ -z "$target" ]; then | 
                  Block else | 
                Block for file in "${files[@]}"; do | do make "$file" || e
                Block for ((i = 0; i < LIMIT; i++)); do echo $'a\tb'; done | do echo $'a\tb'; don
                Block while read -r line; do | do case "$line" in s
                  Block case "$line" in | 
                    Block start) (cd build && make) ;; | 
                      Block (cd build && make) | 
                    Block *) break ;; | 
            imports
              $(dirname "$0")/lib.sh: 
              ./colours.sh: 
            regions
              Comment #!/usr/bin/env bash
              Comment # Builds the shapes.
              String "
              String "
              String 0
              String )/lib.sh
              String 'blue
              String Usage: $0 [
              String e]
              String "
              String 1
              String ^a.b
              String "building
              String .
              String } of
              String "
              String e
              String ) things
              Comment # aloud
              String "
              String t
              String "
              String }
              String "
              String e
              String $'a\tb
              String "
              String e
              String "
              String @
        "#]],
    );
}

#[test]
fn lua() {
    check(
        "lua",
        r#"#!/usr/bin/env lua
local json = require("cjson.safe")
local pi, tau = math.pi, 2 * math.pi
require "strict"

--[[ Shapes,
and their areas. ]]
local M = {}
M.limit = 10
count = 0

local Circle = setmetatable({}, { __index = Shape })

--- A circle.
function M.circle(radius)
  return setmetatable({ radius = radius }, Circle)
end

function Circle:area()
  if self.radius > 0 then
    return pi * self.radius ^ 2 -- squared
  elseif self.radius == 0 then
    return 0
  else
    error("a \"negative\" radius")
  end
end

local function each(shapes, visit)
  for _, shape in ipairs(shapes) do visit(shape) end
  while #shapes > 0 do
    repeat table.remove(shapes) until true
  end
  do local text = [[many
lines]] end
end

M.twice = function(x) return x * 2 end
local half = function(x)
  return x / 2
end
local handlers = { on_key = function(key) print('key ' .. key) end }

return M
"#,
        expect![[r#"
            definitions
              Variable json: local json = require("cjson.safe")
              Variable pi: local pi, tau = math.pi, 2 * math.pi
              Variable tau: local pi, tau = math.pi, 2 * math.pi
              Variable M: local M =
              Field limit: M.limit = 10
              Variable count: count = 0
              Variable Circle: local Circle = setmetatable({}, { __index = Shape })
              Function circle: function M.circle(radius)
              Method area: function Circle:area()
              Function each: local function each(shapes, visit)
              Function twice: M.twice = function(x)
              Function half: local half = function(x)
              Variable handlers: local handlers =
              Method on_key: on_key = function(key)
            scopes
              Function function M.circle(radius) | return setmetatable(
              Function function Circle:area() | if self.radius > 0 t
                Block if self.radius > 0 then | return pi * self.rad
                  Block elseif self.radius == 0 then | return 0
                  Block else | error("a \"negative\
              Function local function each(shapes, visit) | for _, shape in ipai
                Block for _, shape in ipairs(shapes) do visit(shape) end | visit(shape)
                Block while #shapes > 0 do | repeat table.remove(
                  Block repeat table.remove(shapes) until true | table.remove(shapes)
                Block do local text = [[many | local text = [[many 
              Function function(x) return x * 2 end | return x * 2
              Function function(x) | return x / 2
              Function function(key) print('key ' .. key) end | print('key ' .. key)
            imports
              cjson.safe: json
              strict: 
            regions
              Comment #!/usr/bin/env lua
              String "cjson.safe
              String "strict
              Comment --[[ Shapes, and their areas. ]]
              Comment --- A circle.
              Comment -- squared
              String "a \"negative\" radius
              String [[many lines]
              String 'key
        "#]],
    );
}

#[test]
fn php() {
    check(
        "php",
        r#"<?php
declare(strict_types=1);

namespace App\Shapes;

use App\Base\Shape;
use App\Base\{Point, Line as Edge};
use DateTime as Clock;
use function App\area;
require_once __DIR__ . '/vendor/autoload.php';

define('TAU', 6.28);
const LIMIT = 10;

/** A shape. */
#[Attribute]
abstract class Circle extends Shape implements \Countable
{
    use Named;
    public const UNIT = 'm';
    protected static ?int $count = 0;

    public function __construct(private readonly float $radius, string $name = "a \"round\" one")
    {
        $this->name = $name; // as given
    }

    abstract public function title(): string;

    public function area(): float
    {
        if ($this->radius > 0) {
            return M_PI * $this->radius ** 2;
        } elseif ($this->radius === 0.0) {
            return 0;
        } else {
            throw new \Exception("no {$this->radius} nor $name[0] of '$count'");
        }
    }
}

interface HasArea { public function area(): float; }
trait Named { public string $name; }
enum Suit: string { case Hearts = 'H'; case Spades = 'S'; }

function each(array $shapes, callable $visit): void
{
    foreach ($shapes as $key => $shape) { $visit($shape); }
    for ($i = 0; $i < 2; $i++) { while (true) { break; } }
    try { run(); } catch (\Throwable $e) { fail(); } finally { close(); }
    switch ($key) { case 'a': return; default: break; }
    $names = array_map(function ($it) use ($key) { return $it->name; }, $shapes);
    $size = match (true) { $key > 1 => 'big', default => 'small' };
    $text = <<<EOT
    Many $names lines
    EOT;
    # done
}
?>
<p>Some words <?= $title ?></p>
"#,
        expect![[r#"
            definitions
              Module App\Shapes: namespace App\Shapes;
              Constant TAU: define('TAU', 6.28)
              Constant LIMIT: const LIMIT = 10;
              Class Circle: #[Attribute] abstract class Circle extends Shape implements \Countable
              Constant UNIT: public const UNIT = 'm';
              Field count: protected static ?int $count = 0;
              Method __construct: public function __construct(private readonly float $radius, string $name = "a \"round\" one")
              Field radius: private readonly float $radius
              Method title: abstract public function title(): string;
              Method area: public function area(): float
              Interface HasArea: interface HasArea
              Method area: public function area(): float;
              Interface Named: trait Named
              Field name: public string $name;
              Enum Suit: enum Suit: string
              Variant Hearts: case Hearts = 'H';
              Variant Spades: case Spades = 'S';
              Function each: function each(array $shapes, callable $visit): void
            scopes
              Class #[Attribute] | { use Named; public 
                Function public function __construct(private readonly float $radius, string $name = "a \"round\" one") | { $this->name = $nam
                Function public function area(): float | { if ($this->radius 
                  Block if ($this->radius > 0) { | { return M_PI * $thi
                    Block elseif ($this->radius === 0.0) { | { return 0; }
                    Block else { | { throw new \Excepti
              Class interface HasArea { public function area(): float; } | { public function ar
              Class trait Named { public string $name; } | { public string $nam
              Class enum Suit: string { case Hearts = 'H'; case Spades = 'S'; } | { case Hearts = 'H';
              Function function each(array $shapes, callable $visit): void | { foreach ($shapes a
                Block foreach ($shapes as $key => $shape) { $visit($shape); } | { $visit($shape); }
                Block for ($i = 0; $i < 2; $i++) { while (true) { break; } } | { while (true) { bre
                  Block while (true) { break; } | { break; }
                Block try { run(); } catch (\Throwable $e) { fail(); } finally { close(); } | { run(); }
                  Block catch (\Throwable $e) { fail(); } | { fail(); }
                  Block finally { close(); } | { close(); }
                Block switch ($key) { case 'a': return; default: break; } | { case 'a': return; 
                  Block case 'a': return; | 
                  Block default: break; | 
                Function function ($it) use ($key) { return $it->name; } | { return $it->name; 
                Block match (true) { $key > 1 => 'big', default => 'small' } | { $key > 1 => 'big',
            imports
              App\Base: Shape
              App\Base: Point Edge
              : Clock
              App: area
              /vendor/autoload.php: 
            regions
              String '/vendor/autoload.php
              String 'TAU
              Comment /** A shape. *
              String 'm
              String "a \"round\" one
              Comment // as given
              String "no {
              String s} nor
              String ] of '
              String t'
              String 'H
              String 'S
              String 'a
              String 'big
              String 'small
              String Many
              String s line
              Comment # done
        "#]],
    );
}

#[test]
fn ruby() {
    check(
        "ruby",
        r#"#!/usr/bin/env ruby
# frozen_string_literal: true
require "json"
require_relative 'shapes/base'

=begin
Shapes and their areas.
=end
module Shapes
  LIMIT = 10
  Point = Struct.new(:x, :y) do
    def to_s = "(#{x}, #{y})"
  end
  NAMES = %w[circle square].freeze

  class Circle < Base
    include Comparable
    attr_reader :radius, :name

    def initialize(radius, name: "round")
      super()
      @radius = radius # in metres
      @name = name
    end

    def self.unit
      new(1)
    end

    def <=>(other) = area <=> other.area
    alias size radius

    def area
      if radius.zero?
        return 0
      elsif radius < 0
        raise ArgumentError, "a \"negative\" #{radius.inspect} radius"
      else
        3.14 * radius**2
      end
    end

    def name=(value)
      @name = value
    end

    class << self
      def each(&block)
        all.map { |it| it.area }.each do |it|
          yield it unless it =~ /a+b/
        end
      end
    end
  end
end

def load_all(paths)
  paths.each_with_index do |path, index|
    begin
      puts <<~TEXT
        Loading #{path}
      TEXT
    rescue IOError => e
      warn e
    ensure
      close
    end
    case path
    when 'a' then next
    when :b
      break
    else
      while true do redo end
    end
  end
end

class Shapes::Square < Base; end
$count = 0
"#,
        expect![[r#"
            definitions
              Module Shapes: module Shapes
              Constant LIMIT: LIMIT = 10
              Class Point: Point = Struct.new(:x, :y)
              Method to_s: def to_s =
              Constant NAMES: NAMES = %w[circle square].freeze
              Class Circle: class Circle < Base
              Method initialize: def initialize(radius, name: "round")
              Field @radius: @radius = radius
              Field @name: @name = name
              Method unit: def self.unit
              Method <=>: def <=>(other) =
              Method size: alias size radius
              Method area: def area
              Method name=: def name=(value)
              Method each: def each(&block)
              Function load_all: def load_all(paths)
              Class Square: class Shapes::Square < Base; end
              Variable $count: $count = 0
            scopes
              Module module Shapes | LIMIT = 10 Point = S
                Function do | def to_s = "(#{x}, #
                  Function def to_s = "(#{x}, #{y})" | "(#{x}, #{y})"
                Class class Circle < Base | include Comparable a
                  Function def initialize(radius, name: "round") | super() @radius = ra
                  Function def self.unit | new(1)
                  Function def <=>(other) = area <=> other.area | area <=> other.area
                  Function def area | if radius.zero? retu
                    Block if radius.zero? | return 0
                      Block elsif radius < 0 | raise ArgumentError,
                        Block else | 
                  Function def name=(value) | @name = value
                  Class class << self | def each(&block) all
                    Function def each(&block) | all.map { |it| it.ar
                      Function { |it| it.area } | it.area
                      Function do |it| | yield it unless it =
              Function def load_all(paths) | paths.each_with_inde
                Function do |path, index| | begin puts <<~TEXT L
                  Block begin | 
                    Block rescue IOError => e | warn e
                    Block ensure | 
                  Block case path | 
                    Block when 'a' then next | then next
                    Block when :b | break
                    Block else | 
                      Block while true do redo end | do redo end
              Class class Shapes::Square < Base; end | 
            imports
              json: 
              shapes/base: 
            regions
              Comment #!/usr/bin/env ruby
              Comment # frozen_string_literal: true
              String "json
              String 'shapes/base
              Comment =begin Shapes and their areas. =end
              String "(
              String },
              String })
              String %w[circle square
              String "round
              Comment # in metres
              String "a \"negative\"
              String } radius
              String /a+b
              String Loading
              String } TEX
              String 'a
        "#]],
    );
}
