use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::{Expect, expect};

use super::*;

mod classes;
mod data;
#[cfg(feature = "all-languages")]
mod rarer;
mod scripts;

/// Checks everything that the queries of a language find in a text.
#[track_caller]
fn check(language: &str, text: &str, expected: Expect) {
    let (syntax, errors) = Syntax::new(None);
    assert_eq!(errors, []);
    let language = Language::named(language).expect("a language of the table");
    let tree = syntax.parse(language, &Rope::from_str(text)).expect("a grammar");
    let mut found = String::from("definitions\n");
    for it in syntax.definitions(&tree) {
        let head = one_line(&text[it.signature]);
        writeln!(found, "  {:?} {}: {head}", it.kind, it.name).expect("a string takes all");
    }
    found += "scopes\n";
    found += &outline(&syntax, &tree, text);
    found += "imports\n";
    for it in syntax.imports(&tree) {
        let source = it.source.unwrap_or_default();
        writeln!(found, "  {source}: {}", it.names.join(" ")).expect("a string takes all");
    }
    found += "regions\n";
    found += &regions(&syntax, &tree, text);
    expected.assert_eq(&found);
}

/// Every scope of a text, indented by its depth.
fn outline(syntax: &Syntax, tree: &Tree, text: &str) -> String {
    let mut scopes = BTreeSet::new();
    for offset in 0..=text.len() {
        let around = syntax.scopes(tree, offset);
        for (depth, it) in around.iter().rev().enumerate() {
            let body = it.body.as_ref().map(|it| one_line(&text[it.clone()]));
            let head = text[it.range.clone()].lines().next().unwrap_or_default().trim_end();
            let body: String = body.unwrap_or_default().chars().take(20).collect();
            let line = format!("{}{:?} {head} | {body}", "  ".repeat(depth + 1), it.kind);
            scopes.insert((it.range.start, depth, line));
        }
    }
    scopes.into_iter().map(|(_, _, line)| line + "\n").collect()
}

/// Each range of cursor positions outside code, as the text before them.
fn regions(syntax: &Syntax, tree: &Tree, text: &str) -> String {
    let region = |offset| syntax.region(tree, offset);
    let mut found = String::new();
    let mut start = 1;
    for offset in 1..=text.len() {
        if offset < text.len() && region(offset) == region(offset + 1) {
            continue;
        }
        if region(offset) != Region::Code {
            let inside = text.get(start - 1..offset).map(one_line);
            writeln!(found, "  {:?} {}", region(offset), inside.unwrap_or_default())
                .expect("a string takes all");
        }
        start = offset + 1;
    }
    found
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn rust() {
    check(
        "rust",
        r##"//! Shapes.
use std::fmt;
use std::collections::{BTreeMap, hash_map::Entry, btree_map};
use crate::point::{self, Point as Place};
use crate::prelude::*;
extern crate alloc;

/// A shape.
#[derive(Debug)]
pub struct Circle<T> {
    pub radius: T, // in metres
}

struct Unit;

pub enum Shape { Round(Circle<f64>), Empty { at: Place } }

const PI: f64 = 3.14;
type Pair = (f64, f64);

macro_rules! square { ($x:expr) => { $x * $x } }

pub trait Area {
    type Unit;
    /* how large */
    fn area(&self) -> f64;
    fn twice(&self) -> f64 { 2.0 * self.area() }
}

impl<T> Area for Circle<T>
where
    T: Into<f64> + Copy,
{
    fn area(&self) -> f64 {
        let text = "a \"quoted\" {text}";
        if text.len() > 1 && 'x' == '\'' {
            return format!(r#"raw"#).len() as f64;
        } else {
            match text { "a" => { 1.0 } _ => 2.0 };
        }
        [1.0].iter().map(|it| { square!(it) }).sum()
    }
}

mod inner {
    pub(super) fn helper() { for _ in 0..2 { loop { unsafe { } } } }
}
"##,
        expect![[r#"
            definitions
              Class Circle: pub struct Circle<T>
              Field radius: pub radius: T
              Class Unit: struct Unit;
              Enum Shape: pub enum Shape
              Variant Round: Round(Circle<f64>)
              Variant Empty: Empty { at: Place }
              Field at: at: Place
              Constant PI: const PI: f64 = 3.14;
              Type Pair: type Pair = (f64, f64);
              Macro square: macro_rules! square
              Interface Area: pub trait Area
              Type Unit: type Unit;
              Method area: fn area(&self) -> f64;
              Method twice: fn twice(&self) -> f64
              Method area: fn area(&self) -> f64
              Module inner: mod inner
              Function helper: pub(super) fn helper()
            scopes
              Class pub struct Circle<T> { | { pub radius: T, // 
              Class pub enum Shape { Round(Circle<f64>), Empty { at: Place } } | { Round(Circle<f64>)
              Function macro_rules! square { ($x:expr) => { $x * $x } } | 
              Class pub trait Area { | { type Unit; /* how 
                Function fn twice(&self) -> f64 { 2.0 * self.area() } | { 2.0 * self.area() 
              Class impl<T> Area for Circle<T> | { fn area(&self) -> 
                Function fn area(&self) -> f64 { | { let text = "a \"qu
                  Block if text.len() > 1 && 'x' == '\'' { | { return format!(r#"
                    Block else { | { match text { "a" =
                      Block match text { "a" => { 1.0 } _ => 2.0 } | { "a" => { 1.0 } _ =
                        Block "a" => { 1.0 } | { 1.0 }
                  Function |it| { square!(it) } | { square!(it) }
              Module mod inner { | { pub(super) fn help
                Function pub(super) fn helper() { for _ in 0..2 { loop { unsafe { } } } } | { for _ in 0..2 { lo
                  Block for _ in 0..2 { loop { unsafe { } } } | { loop { unsafe { } 
                    Block loop { unsafe { } } | { unsafe { } }
                      Block unsafe { } | { }
            imports
              std: fmt
              std::collections: BTreeMap Entry btree_map
              crate::point: point Place
              crate::prelude: 
              alloc: alloc
            regions
              Comment //! Shapes.
              Comment /// A shape.
              Comment // in metres
              Comment /* how large *
              String "a \"quoted\" {text}
              String 'x
              String '\'
              String r#"raw"
              String "a
        "#]],
    );
}

#[test]
fn python() {
    check(
        "python",
        r#"#!/usr/bin/env python3
"""Shapes."""
from __future__ import annotations
import os.path, sys
import numpy as np
from .shapes import Circle, Square as Box
from os import *

LIMIT = 10
cache: dict = {}

@decorated
class Shape(Base):
    """A shape."""
    sides: int = 0

    def __init__(self, name):
        self.name = name  # as given

    @property
    def title(self) -> str:
        return f"the {self.name!r} of {len('sides')}"

def area(shape, *,
         scale=1.0):
    if shape:
        for side in shape:
            with side as s:
                pass
    elif x:
        try:
            pass
        except E as e:
            raise
        finally:
            done()
    else:
        return lambda it: 'x'

    async def inner():
        pass
"#,
        expect![[r#"
            definitions
              Constant LIMIT: LIMIT = 10
              Variable cache: cache: dict = {}
              Class Shape: class Shape(Base):
              Field sides: sides: int = 0
              Method __init__: def __init__(self, name):
              Field name: self.name = name
              Method title: def title(self) -> str:
              Function area: def area(shape, *, scale=1.0):
              Function inner: async def inner():
            scopes
              Class class Shape(Base): | """A shape.""" sides
                Function def __init__(self, name): | self.name = name # a
                Function def title(self) -> str: | return f"the {self.n
              Function def area(shape, *, | if shape: for side i
                Block if shape: | for side in shape: w
                  Block for side in shape: | with side as s: pass
                    Block with side as s: | pass
                  Block elif x: | try: pass except E a
                    Block try: | pass
                      Block except E as e: | raise
                      Block finally: | done()
                  Block else: | return lambda it: 'x
                Function async def inner(): | pass
            imports
              __future__: annotations
              os.path: os sys
              numpy: np
              .shapes: Circle Box
              os: 
            regions
              Comment #!/usr/bin/env python3
              Comment """Shapes.""
              Comment """A shape.""
              Comment # as given
              String f"the
              String } of
              String 'sides
              String }
              String 'x
        "#]],
    );
}

#[test]
fn javascript() {
    check(
        "javascript",
        r##"#!/usr/bin/env node
import fs, { readFile as read, join } from "node:fs";
import * as path from 'path';
const os = require("os");
const { cpus, arch: kind } = require('os');
export { other } from "./other";

/** How many. */
export const LIMIT = 10;
let count = 0;

class Shape extends Base {
  #secret = 1;
  sides = 0;
  handle = (event) => { this.sides++; };
  static { count = 1; }

  constructor(name) {
    super(name); // first
  }

  get area() { return `${this.width * "2"} square`; }
}

function* numbers() { yield 1; }

export async function load(file) {
  for (const line of lines) {
    if (line) { continue; } else { break; }
  }
  try { await read(file); } catch (e) { throw e; } finally { close(); }
  switch (file) { case 'a': return /a+b/g; }
}

const square = (x) => x * x;
module.exports.cube = function (x) { return x ** 3; };
export default { data() { return {}; }, watch: () => { } };

test("it", () => {
  const view = <p className="big">Some words {count}</p>;
});
"##,
        expect![[r#"
            definitions
              Constant os: const os = require("os");
              Constant LIMIT: const LIMIT = 10;
              Variable count: let count = 0;
              Class Shape: class Shape extends Base
              Field #secret: #secret = 1
              Field sides: sides = 0
              Method handle: handle = (event) =>
              Method constructor: constructor(name)
              Method area: get area()
              Function numbers: function* numbers()
              Function load: async function load(file)
              Function square: const square = (x) =>
              Function cube: module.exports.cube = function (x)
              Method data: data()
              Method watch: watch: () =>
            scopes
              Class class Shape extends Base { | { #secret = 1; sides
                Function (event) => { this.sides++; } | { this.sides++; }
                Function static { count = 1; } | { count = 1; }
                Function constructor(name) { | { super(name); // fi
                Function get area() { return `${this.width * "2"} square`; } | { return `${this.wid
              Function function* numbers() { yield 1; } | { yield 1; }
              Function async function load(file) { | { for (const line of
                Block for (const line of lines) { | { if (line) { contin
                  Block if (line) { continue; } else { break; } | { continue; }
                    Block else { break; } | { break; }
                Block try { await read(file); } catch (e) { throw e; } finally { close(); } | { await read(file); 
                  Block catch (e) { throw e; } | { throw e; }
                  Block finally { close(); } | { close(); }
                Block switch (file) { case 'a': return /a+b/g; } | { case 'a': return /
              Function function (x) { return x ** 3; } | { return x ** 3; }
              Function data() { return {}; } | { return {}; }
              Function () => { } | { }
              Function () => { | { const view = <p cl
            imports
              node:fs: fs read join
              path: path
              os: os
              os: cpus kind
              ./other: 
            regions
              Comment #!/usr/bin/env node
              String "node:fs
              String 'path
              String "os
              String 'os
              String "./other
              Comment /** How many. *
              Comment // first
              String `
              String "2
              String } square
              String 'a
              String /a+b/
              String "it
              String "big
              String Some words
        "#]],
    );
}

#[test]
fn typescript() {
    check(
        "typescript",
        r##"import type { Point } from "./point";
import fs = require("fs");

export interface Shape<T> {
  readonly name: string;
  area(scale?: number): T;
}

type Options = { deep: boolean };
type Kind = "round" | `flat${string}`;

enum Colour { Red, Green = "green" }

declare module "shapes" { export function make(): Shape<number>; }

namespace Inner { export const x = 1; }

export abstract class Base<T> implements Shape<T> {
  static count = 0;
  constructor(private readonly scale: number, other: string) { }
  abstract area(): T;
  protected get title(): string { return 'a'; }
  handler = async (): Promise<void> => { };
}

export const twice = <T,>(value: T): T[] => {
  // both
  return [value, value];
};

function overload(x: number): void;
function overload(x: any) { while (x) { x--; } }
"##,
        expect![[r#"
            definitions
              Interface Shape: interface Shape<T>
              Field name: readonly name: string
              Method area: area(scale?: number): T
              Type Options: type Options = { deep: boolean };
              Field deep: deep: boolean
              Type Kind: type Kind = "round" | `flat${string}`;
              Enum Colour: enum Colour
              Variant Red: Red
              Variant Green: Green = "green"
              Module shapes: module "shapes"
              Function make: function make(): Shape<number>;
              Module Inner: namespace Inner
              Constant x: const x = 1;
              Class Base: abstract class Base<T> implements Shape<T>
              Field count: static count = 0
              Method constructor: constructor(private readonly scale: number, other: string)
              Field scale: private readonly scale: number
              Method area: abstract area(): T
              Method title: protected get title(): string
              Method handler: handler = async (): Promise<void> =>
              Function twice: const twice = <T,>(value: T): T[] =>
              Function overload: function overload(x: number): void;
              Function overload: function overload(x: any)
            scopes
              Class interface Shape<T> { | { readonly name: str
              Class type Options = { deep: boolean }; | { deep: boolean }
              Class enum Colour { Red, Green = "green" } | { Red, Green = "gree
              Module module "shapes" { export function make(): Shape<number>; } | { export function ma
              Module namespace Inner { export const x = 1; } | { export const x = 1
              Class abstract class Base<T> implements Shape<T> { | { static count = 0; 
                Function constructor(private readonly scale: number, other: string) { } | { }
                Function protected get title(): string { return 'a'; } | { return 'a'; }
                Function async (): Promise<void> => { } | { }
              Function <T,>(value: T): T[] => { | { // both return [va
              Function function overload(x: any) { while (x) { x--; } } | { while (x) { x--; }
                Block while (x) { x--; } | { x--; }
            imports
              ./point: Point
              fs: fs
            regions
              String "./point
              String "fs
              String "round
              String `flat
              String }
              String "green
              String "shapes
              String 'a
              Comment // both
        "#]],
    );
}

#[test]
fn tsx() {
    check(
        "tsx",
        r##"import React, { useState } from "react";

type Props = { title: string };

/* A card. */
export function Card({ title }: Props): JSX.Element {
  const [open, setOpen] = useState<boolean>(false);
  const toggle = () => { setOpen(!open); };
  return (
    <div className="card" onClick={toggle}>
      Read more
      {open && <b>{title + "!"}</b>}
    </div>
  );
}
"##,
        expect![[r#"
            definitions
              Type Props: type Props = { title: string };
              Field title: title: string
              Function Card: function Card({ title }: Props): JSX.Element
              Function toggle: const toggle = () =>
            scopes
              Class type Props = { title: string }; | { title: string }
              Function function Card({ title }: Props): JSX.Element { | { const [open, setOp
                Function () => { setOpen(!open); } | { setOpen(!open); }
            imports
              react: React useState
            regions
              String "react
              Comment /* A card. *
              String "card
              String Read more
              String "!
        "#]],
    );
}

#[test]
fn go() {
    check(
        "go",
        r##"// Package shapes holds shapes.
package shapes

import "fmt"

import (
	str "strings"
	_ "embed"
	"example.com/geo/v2"
)

const Pi, E = 3.14, 2.71

var (
	count int
	names = []string{"a", `b`}
)

type Number interface {
	~int | ~float64
}

type Shape interface {
	Area(scale float64) float64
}

/* Circle is round. */
type Circle[T Number] struct {
	Radius, Scale T `json:"radius"`
	geo.Point
}

type Alias = Circle[int]
type Celsius float64

func (c *Circle[T]) Area(scale float64) float64 {
	if scale > 0 {
		return float64(c.Radius)
	} else if scale == 0 {
		panic('x')
	} else {
		fmt.Println("none")
	}
	for i := range 10 {
		switch i {
		case 1:
			go func() { str.ToUpper("a") }()
		default:
		}
	}
	select {
	case <-done:
	}
	return 0
}

func New() Shape { return nil }
"##,
        expect![[r#"
            definitions
              Constant Pi: Pi, E = 3.14, 2.71
              Constant E: Pi, E = 3.14, 2.71
              Variable count: count int
              Variable names: names = []string{"a", `b`}
              Interface Number: Number interface
              Interface Shape: Shape interface
              Method Area: Area(scale float64) float64
              Class Circle: Circle[T Number] struct
              Field Radius: Radius, Scale T `json:"radius"`
              Field Scale: Radius, Scale T `json:"radius"`
              Type Alias: Alias = Circle[int]
              Type Celsius: Celsius float64
              Method Area: func (c *Circle[T]) Area(scale float64) float64
              Function New: func New() Shape
            scopes
              Class Number interface { | interface { ~int | ~
              Class Shape interface { | interface { Area(sca
              Class Circle[T Number] struct { | { Radius, Scale T `j
              Function func (c *Circle[T]) Area(scale float64) float64 { | { if scale > 0 { ret
                Block if scale > 0 { | { return float64(c.R
                  Block if scale == 0 { | { panic('x') }
                    Block { | { fmt.Println("none"
                Block for i := range 10 { | { switch i { case 1:
                  Block switch i { | 
                    Block case 1: | 
                      Function func() { str.ToUpper("a") } | { str.ToUpper("a") }
                    Block default: | 
                Block select { | 
                  Block case <-done: | 
              Function func New() Shape { return nil } | { return nil }
            imports
              fmt: 
              strings: str
              embed: 
              example.com/geo/v2: 
            regions
              Comment // Package shapes holds shapes.
              String "fmt
              String "strings
              String "embed
              String "example.com/geo/v2
              String "a
              String `b
              Comment /* Circle is round. *
              String `json:"radius"
              String 'x
              String "none
              String "a
        "#]],
    );
}

#[test]
fn c() {
    check(
        "c",
        r##"#ifndef SHAPE_H
#define SHAPE_H
#include <stdio.h>
#include "point.h"

#define LIMIT 10
#define SQUARE(x) ((x) * (x))

/* A circle. */
struct circle {
    double radius; // in metres
    char *name, tag[8];
    struct point **grid;
    int (*area)(struct circle *);
};

typedef struct { int x, y; } point_t;
typedef enum { RED, GREEN = 2 } colour_t;
typedef int (*compare)(const void *, const void *);
typedef unsigned long word;
union value { int i; float f; };
enum kind { ROUND };

int area(struct circle *c);
static const char *names[] = { "a", "b\n" };
int count;
struct circle *make(double radius);

char **split(const char *text)
{
    if (text[0] == 'x') {
        return NULL;
    } else if (count) {
        do { count--; } while (count);
    } else {
        for (int i = 0; i < LIMIT; i++) { puts("x"); }
    }
    switch (count) { case 1: break; }
    while (1) { }
}
#endif
"##,
        expect![[r#"
            definitions
              Constant LIMIT: #define LIMIT 10
              Macro SQUARE: #define SQUARE(x)
              Class circle: struct circle
              Field radius: double radius;
              Field name: char *name, tag[8];
              Field tag: char *name, tag[8];
              Field grid: struct point **grid;
              Field area: int (*area)(struct circle *);
              Field x: int x, y;
              Field y: int x, y;
              Class point_t: typedef struct
              Variant RED: RED
              Variant GREEN: GREEN = 2
              Enum colour_t: typedef enum
              Type compare: typedef int (*compare)(const void *, const void *);
              Type word: typedef unsigned long word;
              Class value: union value
              Field i: int i;
              Field f: float f;
              Enum kind: enum kind
              Variant ROUND: ROUND
              Function area: int area(struct circle *c);
              Variable names: static const char *names[] = { "a", "b\n" };
              Variable count: int count;
              Function make: struct circle *make(double radius);
              Function split: char **split(const char *text)
            scopes
              Function #define SQUARE(x) ((x) * (x)) | 
              Class struct circle { | { double radius; // 
              Class struct { int x, y; } | { int x, y; }
              Class enum { RED, GREEN = 2 } | { RED, GREEN = 2 }
              Class union value { int i; float f; } | { int i; float f; }
              Class enum kind { ROUND } | { ROUND }
              Function char **split(const char *text) | { if (text[0] == 'x'
                Block if (text[0] == 'x') { | { return NULL; }
                  Block if (count) { | { do { count--; } wh
                    Block do { count--; } while (count); | { count--; }
                    Block else { | { for (int i = 0; i 
                      Block for (int i = 0; i < LIMIT; i++) { puts("x"); } | { puts("x"); }
                Block switch (count) { case 1: break; } | { case 1: break; }
                Block while (1) { } | { }
            imports
              stdio.h: 
              point.h: 
            regions
              String <stdio.h
              String "point.h
              Comment /* A circle. *
              Comment // in metres
              String "a
              String "b\n
              String 'x
              String "x
        "#]],
    );
}

#[test]
fn cpp() {
    check(
        "cpp",
        r##"#include <vector>
using namespace std;
using std::string;

namespace geo::flat {

template <typename T>
concept Number = requires(T a) { a + a; };

template <typename T>
class Shape : public Base {
public:
    Shape(T width) : width_(width) {}
    explicit Shape();
    virtual ~Shape() = default;
    virtual double area() const = 0;
    const T &width() const { return width_; }
    T *data();
    bool operator==(const Shape &other) const { return true; }
    template <typename U> U as() { return U(width_); }

private:
    T width_; // in metres
    int (*compare_)(T, T);
    T &alias_;
    struct Node { Node *next; };
};

using Pair = std::pair<int, int>;
enum class Colour { Red, Green };

double Shape<int>::area() const
{
    auto text = R"(raw "text")";
    for (auto &x : xs) { sum += x; }
    try { run([&](int i) { return i; }); } catch (...) { }
    return 'x';
}

std::ostream &operator<<(std::ostream &out, const Shape<int> &shape) { return out; }
int &counter() { static int n; return n; }
}
"##,
        expect![[r#"
            definitions
              Module geo::flat: namespace geo::flat
              Interface Number: concept Number = requires(T a) { a + a; };
              Class Shape: class Shape : public Base
              Method Shape: Shape(T width) : width_(width)
              Method Shape: explicit Shape();
              Method ~Shape: virtual ~Shape() = default;
              Method area: virtual double area() const = 0;
              Method width: const T &width() const
              Method data: T *data();
              Method operator==: bool operator==(const Shape &other) const
              Method as: U as()
              Field width_: T width_;
              Field compare_: int (*compare_)(T, T);
              Field alias_: T &alias_;
              Class Node: struct Node
              Field next: Node *next;
              Type Pair: using Pair = std::pair<int, int>;
              Enum Colour: enum class Colour
              Variant Red: Red
              Variant Green: Green
              Method area: double Shape<int>::area() const
              Function operator<<: std::ostream &operator<<(std::ostream &out, const Shape<int> &shape)
              Function counter: int &counter()
            scopes
              Module namespace geo::flat { | { template <typename
                Class class Shape : public Base { | { public: Shape(T wi
                  Function Shape(T width) : width_(width) {} | {}
                  Function const T &width() const { return width_; } | { return width_; }
                  Function bool operator==(const Shape &other) const { return true; } | { return true; }
                  Function U as() { return U(width_); } | { return U(width_); 
                  Class struct Node { Node *next; } | { Node *next; }
                Class enum class Colour { Red, Green } | { Red, Green }
                Function double Shape<int>::area() const | { auto text = R"(raw
                  Block for (auto &x : xs) { sum += x; } | { sum += x; }
                  Block try { run([&](int i) { return i; }); } catch (...) { } | { run([&](int i) { r
                    Function [&](int i) { return i; } | { return i; }
                    Block catch (...) { } | { }
                Function std::ostream &operator<<(std::ostream &out, const Shape<int> &shape) { return out; } | { return out; }
                Function int &counter() { static int n; return n; } | { static int n; retu
            imports
              vector: 
              std: 
              std: string
            regions
              String <vector
              Comment // in metres
              String R"(raw "text")
              String 'x
        "#]],
    );
}

#[test]
fn java() {
    check(
        "java",
        r##"package shapes;

import java.util.List;
import static java.lang.Math.*;

/** A shape. */
public interface Shape {
    int SIDES = 4;
    double area();
    default String title() { return "a \"shape\""; }
}

record Point(int x, int y) {
    Point { assert x > 0; }
}

enum Colour implements Shape { RED, GREEN { } ; int code; }

@interface Marked { String value() default ""; }

public class Circle<T extends Number> extends Base implements Shape {
    private static final double PI = 3.14; // roughly
    private T radius, scale;

    static { load(); }

    public Circle(T radius) {
        this.radius = radius;
    }

    @Override
    public double area() {
        if (radius == null) { return 0; } else { log('x'); }
        for (int i = 0; i < 2; i++) { }
        for (var it : List.of(1)) { }
        try (var in = open()) { } catch (Exception e) { } finally { }
        synchronized (this) { }
        Runnable run = () -> { };
        return switch (scale) { case 1 -> { yield 1.0; } default -> 2.0; };
    }

    Object other = new Object() { int hidden; };
    String text = """
        many lines
        """;
}
"##,
        expect![[r#"
            definitions
              Interface Shape: public interface Shape
              Constant SIDES: int SIDES = 4;
              Method area: double area();
              Method title: default String title()
              Class Point: record Point(int x, int y)
              Field x: int x
              Field y: int y
              Method Point: Point
              Enum Colour: enum Colour implements Shape
              Variant RED: RED
              Variant GREEN: GREEN { }
              Field code: int code;
              Interface Marked: @interface Marked
              Method value: String value() default "";
              Class Circle: public class Circle<T extends Number> extends Base implements Shape
              Constant PI: private static final double PI = 3.14;
              Field radius: private T radius, scale;
              Field scale: private T radius, scale;
              Method Circle: public Circle(T radius)
              Method area: @Override public double area()
              Field other: Object other = new Object() { int hidden; };
              Field hidden: int hidden;
              Field text: String text = """ many lines """;
            scopes
              Class public interface Shape { | { int SIDES = 4; dou
                Function default String title() { return "a \"shape\""; } | { return "a \"shape\
              Class record Point(int x, int y) { | { Point { assert x >
                Function Point { assert x > 0; } | { assert x > 0; }
              Class enum Colour implements Shape { RED, GREEN { } ; int code; } | { RED, GREEN { } ; i
                Class GREEN { } | { }
              Class @interface Marked { String value() default ""; } | { String value() def
              Class public class Circle<T extends Number> extends Base implements Shape { | { private static fin
                Function static { load(); } | { load(); }
                Function public Circle(T radius) { | { this.radius = radi
                Function @Override | { if (radius == null
                  Block if (radius == null) { return 0; } else { log('x'); } | { return 0; }
                    Block { log('x'); } | { log('x'); }
                  Block for (int i = 0; i < 2; i++) { } | { }
                  Block for (var it : List.of(1)) { } | { }
                  Block try (var in = open()) { } catch (Exception e) { } finally { } | { }
                    Block catch (Exception e) { } | { }
                    Block finally { } | { }
                  Block synchronized (this) { } | { }
                  Function () -> { } | { }
                  Block switch (scale) { case 1 -> { yield 1.0; } default -> 2.0; } | { case 1 -> { yield 
                    Block case 1 -> { yield 1.0; } | { yield 1.0; }
                Class new Object() { int hidden; } | { int hidden; }
            imports
              java.util: List
              java.lang.Math: 
            regions
              Comment /** A shape. *
              String "a \"shape\"
              String "
              Comment // roughly
              String 'x
              String """ many lines ""
        "#]],
    );
}
