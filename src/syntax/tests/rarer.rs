//! Less common languages.

use super::*;

#[test]
fn elixir() {
    check(
        "elixir",
        r#"#!/usr/bin/env elixir
defmodule Shapes.Circle do
  @moduledoc """
  A circle of #{1 + 1}.
  """
  use GenServer
  import Enum, only: [map: 2]
  require Logger
  alias Shapes.Base
  alias Shapes.Point, as: P
  alias Shapes.{Line, Square}

  @limit 10
  @type radius :: float
  defstruct [:radius, name: "a \"round\" one"]

  @doc "How large."
  @spec area(t) :: float
  def area(%{radius: r}) when r > 0 do
    3.14 * r # squared
  end

  def area(_), do: 0
  defp helper, do: ~r/a+b/
  defguard is_big(x) when x > 10
  defmacro twice(x) do
    quote do: unquote(x) * 2
  end

  def each(shapes, visit) do
    if shapes == [] do
      :ok
    else
      Enum.map(shapes, fn shape -> visit.(shape) end)
    end

    case shapes do
      [] -> nil
      [_ | rest] -> each(rest, visit)
    end

    for x <- shapes do
      x
    end

    try do
      run()
    rescue
      e -> fail(e)
    after
      close()
    end

    name = 'list'
    "hello #{name} there"
  end
end

defprotocol HasArea do
  def area(shape)
end

defimpl HasArea, for: Circle do
  def area(c), do: c
end
"#,
        expect![[r#"
            definitions
              Module Shapes.Circle: defmodule Shapes.Circle
              Constant limit: @limit 10
              Type radius: @type radius :: float
              Function area: def area(%{radius: r}) when r > 0
              Function area: def area(_),
              Function helper: defp helper,
              Macro is_big: defguard is_big(x) when x > 10
              Macro twice: defmacro twice(x)
              Function each: def each(shapes, visit)
              Interface HasArea: defprotocol HasArea
              Function area: def area(shape)
              Function area: def area(c),
            scopes
              Module defmodule Shapes.Circle do | do @moduledoc """ A 
                Function def area(%{radius: r}) when r > 0 do | do 3.14 * r # square
                Function defmacro twice(x) do | do quote do: unquote
                Function def each(shapes, visit) do | do if shapes == [] d
                  Block if shapes == [] do | do :ok else Enum.map
                    Block else | 
                      Function fn shape -> visit.(shape) end | 
                        Block shape -> visit.(shape) | visit.(shape)
                  Block case shapes do | do [] -> nil [_ | re
                    Block [] -> nil | nil
                    Block [_ | rest] -> each(rest, visit) | each(rest, visit)
                  Block for x <- shapes do | do x end
                  Block try do | do run() rescue e ->
                    Block rescue | 
                      Block e -> fail(e) | fail(e)
                    Block after | 
              Module defprotocol HasArea do | do def area(shape) e
              Module defimpl HasArea, for: Circle do | do def area(c), do: 
            imports
              GenServer: 
              Enum: 
              Logger: 
              Shapes.Base: 
              Shapes.Point: P
              Shapes: Line Square
            regions
              Comment #!/usr/bin/env elixir
              Comment """ A circle of
              Comment }. ""
              String "a \"round\" one
              Comment "How large.
              Comment # squared
              String ~r/a+b
              String 'list
              String "hello
              String } there
        "#]],
    );
}

#[test]
fn haskell() {
    check(
        "haskell",
        r#"#!/usr/bin/env runhaskell
{-# LANGUAGE OverloadedStrings #-}
{- |
Shapes.
-}
module Data.Shapes (Shape (..), area) where

import Data.List
import qualified Data.Map.Strict as Map
import Data.Maybe (fromMaybe, Maybe (..))
import Prelude hiding (lookup)

-- | A shape.
data Shape
  = Circle Double
  | Square { side :: Double, name :: String } -- in metres
  deriving (Show, Eq)

newtype Id = Id { unId :: Int }
type Pair a = (a, a)

class HasArea a where
  area :: a -> Double
  twice :: a -> Double
  twice x = 2 * area x

instance HasArea Shape where
  area (Circle r) = pi * r ^ 2
  area (Square s _) = s * s

limit :: Int
limit = 10

data Term a where
  Lit :: Int -> Term Int

sizes :: [Shape] -> [Double]
sizes shapes = map size shapes
  where
    size shape
      | area shape > 1 = area shape
      | otherwise = 0

main :: IO ()
main = do
  let text = "a \"quoted\" word"
  forM_ shapes $ \shape -> do
    putStrLn (name shape)
  case limit of
    0 -> pure ()
    _ -> print 'x'
  if limit > 1 then pure () else fail "no"

x <+> y = x + y
"#,
        expect![[r#"
            definitions
              Module Data.Shapes: module Data.Shapes (Shape (..), area) where
              Enum Shape: data Shape =
              Variant Circle: Circle Double
              Variant Square: Square { side :: Double, name :: String }
              Field side: side :: Double
              Field name: name :: String
              Type Id: newtype Id =
              Variant Id: Id { unId :: Int }
              Field unId: unId :: Int
              Type Pair: type Pair a = (a, a)
              Interface HasArea: class HasArea a where
              Method area: area :: a -> Double
              Method twice: twice :: a -> Double
              Method twice: twice x
              Method area: area (Circle r)
              Method area: area (Square s _)
              Constant limit: limit :: Int
              Constant limit: limit
              Enum Term: data Term a where
              Variant Lit: Lit :: Int -> Term Int
              Function sizes: sizes :: [Shape] -> [Double]
              Function sizes: sizes shapes
              Constant main: main :: IO ()
              Constant main: main
              Function <+>: x <+> y
            scopes
              Class data Shape | Circle Double | Squa
              Class class HasArea a where | area :: a -> Double 
                Function twice x = 2 * area x | = 2 * area x
              Class instance HasArea Shape where | area (Circle r) = pi
                Function area (Circle r) = pi * r ^ 2 | = pi * r ^ 2
                Function area (Square s _) = s * s | = s * s
              Function limit = 10 | = 10
              Class data Term a where | Lit :: Int -> Term I
              Function sizes shapes = map size shapes | = map size shapes
                Function size shape | 
              Function main = do | = do let text = "a \
                Block do | 
                  Block  text = "a \"quoted\" word" | 
                    Function text = "a \"quoted\" word" | = "a \"quoted\" word
                  Function \shape -> do | do putStrLn (name sh
                    Block do | 
                  Block case limit of | 
                    Block 0 -> pure () | 
                    Block _ -> print 'x' | 
                  Block if limit > 1 then pure () else fail "no" | 
              Function x <+> y = x + y | = x + y
            imports
              Data.List: 
              Data.Map.Strict: Map
              Data.Maybe: fromMaybe Maybe
              Prelude: 
            regions
              Comment {- | Shapes. -
              Comment -- | A shape.
              Comment -- in metres
              String "a \"quoted\" word
              String 'x
              String "no
        "#]],
    );
}

#[test]
fn ocaml() {
    check(
        "ocaml",
        r#"(** Shapes. *)
open Base
open! Core.List
include Comparable.Make
module M = Map.Make (String)

exception Negative of float
type radius = float
type shape =
  | Circle of radius
  | Square of { side : float; name : string }
type point = { x : int; mutable y : int }
external now : unit -> float = "caml_now"

let limit = 10
let pi, tau = 3.14, 6.28

module type HasArea = sig
  type t
  val area : t -> float
end

module Shape : HasArea = struct
  type t = shape

  let area = function
    | Circle r -> pi *. r (* squared *)
    | Square { side; _ } ->
      side *. side
end

class counter = object (self)
  val mutable count = 0
  method next = count <- count + 1; count
end

let rec each visit shapes =
  match shapes with
  | [] -> ()
  | shape :: rest ->
    let text = "a \"quoted\" word" in
    if limit > 1 then begin
      visit shape
    end else (each visit rest);
    for i = 0 to 2 do print_int i done;
    while true do () done;
    try run () with Not_found -> print_char 'x'

let twice = fun x -> x * 2
let quoted = {sql|select "x"|sql}
let () = each print []
"#,
        expect![[r#"
            definitions
              Module M: module M = Map.Make (String)
              Class Negative: exception Negative of float
              Type radius: type radius = float
              Enum shape: type shape =
              Variant Circle: Circle of radius
              Variant Square: Square of { side : float; name : string }
              Field side: side : float
              Field name: name : string
              Class point: type point =
              Field x: x : int
              Field y: mutable y : int
              Function now: external now : unit -> float = "caml_now"
              Constant limit: let limit = 10
              Constant pi: let pi, tau = 3.14, 6.28
              Constant tau: let pi, tau = 3.14, 6.28
              Interface HasArea: module type HasArea =
              Type t: type t
              Function area: val area : t -> float
              Module Shape: module Shape : HasArea =
              Type t: type t = shape
              Function area: let area =
              Class counter: class counter =
              Field count: val mutable count = 0
              Method next: method next =
              Function each: let rec each visit shapes =
              Function twice: let twice =
              Constant quoted: let quoted = {sql|select "x"|sql}
            scopes
              Module module type HasArea = sig | sig type t val area 
              Module module Shape : HasArea = struct | struct type t = shap
                Function let area = function | function | Circle r 
                  Function function | 
                    Block Circle r -> pi *. r | pi *. r
                    Block Square { side; _ } -> | side *. side
              Class class counter = object (self) | object (self) val mu
                Function method next = count <- count + 1; count | count <- count + 1; 
              Function let rec each visit shapes = | match shapes with | 
                Block match shapes with | 
                  Block [] -> () | ()
                  Block shape :: rest -> | let text = "a \"quot
                    Block if limit > 1 then begin | 
                      Block else (each visit rest) | 
                    Block for i = 0 to 2 do print_int i done | 
                    Block while true do () done | 
                    Block try run () with Not_found -> print_char 'x' | 
                      Block Not_found -> print_char 'x' | print_char 'x'
              Function let twice = fun x -> x * 2 | fun x -> x * 2
                Function fun x -> x * 2 | 
            imports
              Base: 
              Core.List: 
              Comparable.Make: 
            regions
              Comment (** Shapes. *
              String "caml_now
              Comment (* squared *
              String "a \"quoted\" word
              String 'x
              String {sql|select "x"|sql
        "#]],
    );
}

#[test]
fn ocaml_interface() {
    check(
        "ocaml-interface",
        r#"(** Shapes. *)
open Base

type shape = Circle of float | Square
val area : shape -> float
val limit : int
exception Negative

module Inner : sig
  val twice : int -> int
end

module type HasArea = sig
  type t
end
external now : unit -> float = "caml_now"
"#,
        expect![[r#"
            definitions
              Enum shape: type shape =
              Variant Circle: Circle of float
              Variant Square: Square
              Function area: val area : shape -> float
              Constant limit: val limit : int
              Class Negative: exception Negative
              Module Inner: module Inner :
              Function twice: val twice : int -> int
              Interface HasArea: module type HasArea =
              Type t: type t
              Function now: external now : unit -> float = "caml_now"
            scopes
              Module module Inner : sig | sig val twice : int 
              Module module type HasArea = sig | sig type t end
            imports
              Base: 
            regions
              Comment (** Shapes. *
              String "caml_now
        "#]],
    );
}

#[test]
fn scala() {
    check(
        "scala",
        r#"#!/usr/bin/env scala
package com.example.shapes

import java.util.Date
import scala.collection.mutable.{Map, Set => MutableSet, ListBuffer as Buffer}
import scala.concurrent._
import cats.syntax.*

/** A shape. */
sealed trait Shape extends Named with Area {
  type Unit
  val name: String
  def area(scale: Double): Double
  def twice: Double = { 2 * area(1) } // for nothing
}

case class Circle(radius: Double, private val label: String = "a \"round\" one") extends Shape {
  val Pi = 3.14
  private var count = 0
  lazy val title = s"the $label of ${radius + 1}"

  def area(scale: Double): Double = {
    if (radius > 0) {
      Pi * radius
    } else {
      throw new Exception('x'.toString)
    }
  }
}

object Circle {
  given ordering: Ordering[Circle] = Ordering.by(_.radius)
  implicit class Ops(circle: Circle) { def half = circle.radius / 2 }
  def apply(): Circle = new Circle(1) { override val Pi = 3 }
}

enum Suit(val letter: Char):
  case Hearts extends Suit('H')
  case Spades, Clubs

class Point(x: Int):
  def run(args: List[Int]): Unit =
    for i <- args do
      println(i)
    while x > 0 do
      close()

  def each(visit: Int => Unit): Unit = {
    for (i <- 0 to 2) { visit(i) }
    try { run() } catch { case e: Exception => fail() } finally { close() }
    x match {
      case 0 => visit(0)
      case _ =>
        visit(1)
    }
    list.map { it => it + 1 }.foreach(it => { visit(it) })
    val text = """Many
      lines"""
  }

extension (c: Circle) def size: Int = 1
type Visit = Shape => Unit
def top(x: Int) = x
val limit = 10
/* The whole. */
"#,
        expect![[r#"
            definitions
              Module com.example.shapes: package com.example.shapes
              Interface Shape: sealed trait Shape extends Named with Area
              Type Unit: type Unit
              Field name: val name: String
              Method area: def area(scale: Double): Double
              Method twice: def twice: Double =
              Class Circle: case class Circle(radius: Double, private val label: String = "a \"round\" one") extends Shape
              Field radius: radius: Double
              Field label: private val label: String = "a \"round\" one"
              Field Pi: val Pi = 3.14
              Field count: private var count = 0
              Field title: lazy val title = s"the $label of ${radius + 1}"
              Method area: def area(scale: Double): Double =
              Class Circle: object Circle
              Constant ordering: given ordering: Ordering[Circle] =
              Class Ops: implicit class Ops(circle: Circle)
              Field circle: circle: Circle
              Method half: def half =
              Method apply: def apply(): Circle =
              Field Pi: override val Pi = 3
              Enum Suit: enum Suit(val letter: Char)
              Field letter: val letter: Char
              Variant Hearts: Hearts extends Suit('H')
              Variant Spades: Spades
              Variant Clubs: Clubs
              Class Point: class Point(x: Int)
              Field x: x: Int
              Method run: def run(args: List[Int]): Unit =
              Method each: def each(visit: Int => Unit): Unit =
              Function size: def size: Int =
              Type Visit: type Visit = Shape => Unit
              Function top: def top(x: Int) =
              Constant limit: val limit = 10
            scopes
              Class sealed trait Shape extends Named with Area { | { type Unit val name
                Function def twice: Double = { 2 * area(1) } | { 2 * area(1) }
              Class case class Circle(radius: Double, private val label: String = "a \"round\" one") extends Shape { | { val Pi = 3.14 priv
                Function def area(scale: Double): Double = { | { if (radius > 0) { 
                  Block if (radius > 0) { | { Pi * radius }
                    Block { | { throw new Exceptio
              Class object Circle { | { given ordering: Or
                Class implicit class Ops(circle: Circle) { def half = circle.radius / 2 } | { def half = circle.
                Class new Circle(1) { override val Pi = 3 } | { override val Pi = 
              Class enum Suit(val letter: Char): | : case Hearts extend
              Class class Point(x: Int): | : def run(args: List
                Function def run(args: List[Int]): Unit = | for i <- args do pri
                  Block for i <- args do | println(i)
                  Block while x > 0 do | close()
                Function def each(visit: Int => Unit): Unit = { | { for (i <- 0 to 2) 
                  Block for (i <- 0 to 2) { visit(i) } | { visit(i) }
                  Block try { run() } catch { case e: Exception => fail() } finally { close() } | { run() }
                    Block catch { case e: Exception => fail() } | 
                      Block case e: Exception => fail() | fail()
                    Block finally { close() } | 
                  Block x match { | { case 0 => visit(0)
                    Block case 0 => visit(0) | visit(0)
                    Block case _ => | visit(1)
                  Function it => it + 1 | 
                  Function it => { visit(it) } | 
              Class extension (c: Circle) def size: Int = 1 | 
            imports
              : Date
              : Map MutableSet Buffer
              : 
              : 
            regions
              Comment #!/usr/bin/env scala
              Comment /** A shape. *
              Comment // for nothing
              String "a \"round\" one
              String "the
              String l of
              String }
              String 'x
              String 'H
              String """Many lines""
              Comment /* The whole. *
        "#]],
    );
}

#[test]
fn sql() {
    check(
        "sql",
        r#"-- Shapes.
CREATE TABLE IF NOT EXISTS public.shapes (
  id serial PRIMARY KEY,
  name text NOT NULL DEFAULT 'none', -- as given
  radius double precision
);

/* All
of them. */
CREATE OR REPLACE VIEW big_shapes AS
SELECT s.id, s.name
FROM shapes s
WHERE s.radius > 10 AND s.name = 'a ''round'' one';

CREATE INDEX shapes_name ON shapes (name);
CREATE TYPE suit AS ENUM ('hearts', 'spades');

CREATE FUNCTION area(r double precision) RETURNS measure AS $$
  SELECT 3.14 * r
$$ LANGUAGE sql;

INSERT INTO shapes (name, radius) VALUES ('circle', 1), ("quoted", 2);

WITH totals AS (
  SELECT name, count(*) AS n FROM shapes GROUP BY name
)
SELECT CASE WHEN n > 1 THEN 'many' ELSE 'one' END FROM totals;

BEGIN;
UPDATE shapes SET radius = 2 WHERE id = 1;
COMMIT;
"#,
        expect![[r#"
            definitions
              Class shapes: CREATE TABLE IF NOT EXISTS public.shapes
              Field id: id serial PRIMARY KEY
              Field name: name text NOT NULL DEFAULT 'none'
              Field radius: radius double precision
              Class big_shapes: CREATE OR REPLACE VIEW big_shapes AS
              Type suit: CREATE TYPE suit AS ENUM ('hearts', 'spades')
              Function area: CREATE FUNCTION area(r double precision) RETURNS measure
            scopes
              Class CREATE TABLE IF NOT EXISTS public.shapes ( | ( id serial PRIMARY 
              Block CREATE OR REPLACE VIEW big_shapes AS | 
              Block CREATE INDEX shapes_name ON shapes (name) | 
              Block CREATE TYPE suit AS ENUM ('hearts', 'spades') | 
              Function CREATE FUNCTION area(r double precision) RETURNS measure AS $$ | AS $$ SELECT 3.14 * 
                Block SELECT 3.14 * r | 
              Block INSERT INTO shapes (name, radius) VALUES ('circle', 1), ("quoted", 2) | 
              Block WITH totals AS ( | 
                Block totals AS ( | 
                  Block SELECT name, count(*) AS n FROM shapes GROUP BY name | 
                Block CASE WHEN n > 1 THEN 'many' ELSE 'one' END | 
              Block BEGIN; | 
                Block UPDATE shapes SET radius = 2 WHERE id = 1 | 
            imports
            regions
              Comment -- Shapes.
              String 'none
              Comment -- as given
              Comment /* All of them. *
              String 'a ''round'' one
              String 'hearts
              String 'spades
              String 'circle
              String 'many
              String 'one
        "#]],
    );
}

#[test]
fn swift() {
    check(
        "swift",
        r##"#!/usr/bin/env swift
import Foundation
import struct UIKit.CGPoint
@testable import Shapes

/// A shape.
let limit = 10
var count: Int = 0
typealias Visit = (Shape) -> Void

@objc public class Circle<T>: Shape, Named {
    static let unit = "m"
    private let radius: Double // in metres
    var name: String { "a \"round\" \(radius) one" }
    var sides = 0 {
        didSet { print(sides) }
    }

    init(radius: Double, name: String = "x") {
        self.radius = radius
    }

    deinit { close() }

    subscript(index: Int) -> Int { return index }

    func area(scaled scale: Double) -> Double {
        if radius > 0 {
            return radius * scale
        } else if radius == 0 {
            return 0
        } else {
            fatalError()
        }
    }
}

struct Point: Equatable { var x: Int; let y: Int }
enum Suit: String { case hearts = "H", spades; case custom(name: String) }
protocol Named { associatedtype Item; var name: String { get }; func draw() }
extension Circle: Drawable { func draw() {} }
actor Store { func get() {} }

/* The
whole. */
func visitAll(_ shapes: [Shape], visit: (Shape) -> Void) throws {
    guard let first = shapes.first else { return }
    for shape in shapes { visit(shape) }
    while count > 0 { count -= 1 }
    repeat { count += 1 } while count < 2
    do { try run() } catch let error as Failure { fail(error) }
    switch count {
    case 0: return
    default: break
    }
    shapes.map { it in it.name }.forEach { print($0) }
    defer { close() }
    let text = """
        Many \(count) lines
        """
    let raw = #"raw "string""#
    let pattern = /a+b/
}
"##,
        expect![[r#"
            definitions
              Constant limit: let limit = 10
              Variable count: var count: Int = 0
              Type Visit: typealias Visit = (Shape) -> Void
              Class Circle: @objc public class Circle<T>: Shape, Named
              Field unit: static let unit = "m"
              Field radius: private let radius: Double
              Field name: var name: String
              Field sides: var sides = 0
              Method init: init(radius: Double, name: String = "x")
              Method area: func area(scaled scale: Double) -> Double
              Class Point: struct Point: Equatable
              Field x: var x: Int
              Field y: let y: Int
              Enum Suit: enum Suit: String
              Variant hearts: case hearts = "H", spades;
              Variant spades: case hearts = "H", spades;
              Variant custom: case custom(name: String)
              Interface Named: protocol Named
              Type Item: associatedtype Item
              Field name: var name: String { get }
              Method draw: func draw()
              Method draw: func draw()
              Class Store: actor Store
              Method get: func get()
              Function visitAll: func visitAll(_ shapes: [Shape], visit: (Shape) -> Void) throws
            scopes
              Class @objc public class Circle<T>: Shape, Named { | { static let unit = 
                Function { "a \"round\" \(radius) one" } | { "a \"round\" \(rad
                Function didSet { print(sides) } | 
                Function init(radius: Double, name: String = "x") { | { self.radius = radi
                Function deinit { close() } | { close() }
                Function { return index } | { return index }
                Function func area(scaled scale: Double) -> Double { | { if radius > 0 { re
                  Block if radius > 0 { | 
                    Block if radius == 0 { | 
              Class struct Point: Equatable { var x: Int; let y: Int } | { var x: Int; let y:
              Class enum Suit: String { case hearts = "H", spades; case custom(name: String) } | { case hearts = "H",
              Class protocol Named { associatedtype Item; var name: String { get }; func draw() } | { associatedtype Ite
              Class extension Circle: Drawable { func draw() {} } | { func draw() {} }
                Function func draw() {} | {}
              Class actor Store { func get() {} } | { func get() {} }
                Function func get() {} | {}
              Function func visitAll(_ shapes: [Shape], visit: (Shape) -> Void) throws { | { guard let first = 
                Block guard let first = shapes.first else { return } | 
                Block for shape in shapes { visit(shape) } | 
                Block while count > 0 { count -= 1 } | 
                Block repeat { count += 1 } while count < 2 | 
                Block do { try run() } catch let error as Failure { fail(error) } | 
                  Block catch let error as Failure { fail(error) } | 
                Block switch count { | 
                  Block case 0: return | 
                  Block default: break | 
                Function { it in it.name } | { it in it.name }
                Function { print($0) } | { print($0) }
                Function { close() } | { close() }
            imports
              Foundation: 
              UIKit.CGPoint: 
              Shapes: 
            regions
              Comment #!/usr/bin/env swift
              Comment /// A shape.
              String "m
              Comment // in metres
              String "a \"round\" \(
              String s) one
              String "x
              String "H
              Comment /* The whole. *
              String """ Many \(
              String t) lines ""
              String #"raw "string""
              String /a+b
        "#]],
    );
}

#[test]
fn zig() {
    check(
        "zig",
        r#"//! Shapes.
const std = @import("std");
const Base = @import("base.zig").Base;
usingnamespace @import("all.zig");

/// How many.
pub const limit: u32 = 10;
var count: usize = 0;
const Visit = *const fn (shape: Shape) void;

pub const Circle = struct {
    radius: f64, // in metres
    label: []const u8 = "a \"round\" one",
    const pi = 3.14;

    pub fn init(radius: f64) Circle {
        return .{ .radius = radius };
    }

    pub fn area(self: *const Circle) !f64 {
        if (self.radius > 0) {
            return pi * self.radius;
        } else if (self.radius == 0) {
            return 0;
        } else {
            return error.Negative;
        }
    }
};

const Suit = enum(u8) { hearts, spades = 3 };
const Shape = union(enum) { circle: Circle, none };
const Failure = error{ NotFound, Denied };
const Handle = opaque {
    pub fn close(self: *Handle) void {}
};

fn each(comptime T: type, shapes: []const T) void {
    for (shapes, 0..) |shape, i| {
        visit(shape, i);
    }
    while (count > 0) : (count -= 1) {
        break;
    }
    switch (count) {
        0 => {},
        else => unreachable,
    }
    const text =
        \\Many
        \\lines
    ;
    const c = 'x';
    defer {
        close();
    }
    errdefer close();
    blk: {
        break :blk;
    }
    run() catch |err| {
        fail(err);
    };
}

extern "c" fn puts(text: [*:0]const u8) c_int;

test "areas" {
    try std.testing.expect(true);
}

comptime {
    _ = each;
}
"#,
        expect![[r#"
            definitions
              Constant std: const std = @import("std");
              Constant Base: const Base = @import("base.zig").Base;
              Constant limit: pub const limit: u32 = 10;
              Variable count: var count: usize = 0;
              Constant Visit: const Visit = *const fn (shape: Shape) void;
              Class Circle: pub const Circle =
              Field radius: radius: f64
              Field label: label: []const u8 = "a \"round\" one"
              Constant pi: const pi = 3.14;
              Method init: pub fn init(radius: f64) Circle
              Method area: pub fn area(self: *const Circle) !f64
              Enum Suit: const Suit =
              Variant hearts: hearts
              Variant spades: spades = 3
              Class Shape: const Shape =
              Field circle: circle: Circle
              Field none: none
              Enum Failure: const Failure =
              Variant NotFound: NotFound
              Variant Denied: Denied
              Class Handle: const Handle =
              Method close: pub fn close(self: *Handle) void
              Function each: fn each(comptime T: type, shapes: []const T) void
              Function puts: extern "c" fn puts(text: [*:0]const u8) c_int;
            scopes
              Class pub const Circle = struct { | struct { radius: f64
                Class struct { | struct { radius: f64
                  Function pub fn init(radius: f64) Circle { | { return .{ .radius 
                  Function pub fn area(self: *const Circle) !f64 { | { if (self.radius > 
                    Block if (self.radius > 0) { | { return pi * self.r
                      Block if (self.radius == 0) { | { return 0; }
                        Block else { | { return error.Negat
              Class const Suit = enum(u8) { hearts, spades = 3 }; | enum(u8) { hearts, s
                Class enum(u8) { hearts, spades = 3 } | enum(u8) { hearts, s
              Class const Shape = union(enum) { circle: Circle, none }; | union(enum) { circle
                Class union(enum) { circle: Circle, none } | union(enum) { circle
              Class const Failure = error{ NotFound, Denied }; | error{ NotFound, Den
                Class error{ NotFound, Denied } | error{ NotFound, Den
              Class const Handle = opaque { | opaque { pub fn clos
                Class opaque { | opaque { pub fn clos
                  Function pub fn close(self: *Handle) void {} | {}
              Function fn each(comptime T: type, shapes: []const T) void { | { for (shapes, 0..) 
                Block for (shapes, 0..) |shape, i| { | { visit(shape, i); }
                Block while (count > 0) : (count -= 1) { | { break; }
                Block switch (count) { | 
                  Block 0 => {} | {}
                Block defer { | { close(); }
                Block blk: { | { break :blk; }
                Block run() catch |err| { | { fail(err); }
              Function test "areas" { | { try std.testing.ex
              Function comptime { | { _ = each; }
            imports
              std: std
              base.zig: Base
              all.zig: 
            regions
              Comment //! Shapes.
              String "std
              String "base.zig
              String "all.zig
              Comment /// How many.
              Comment // in metres
              String "a \"round\" one
              String \\Many \\line
              String 'x
              String "c
              String "areas
        "#]],
    );
}
