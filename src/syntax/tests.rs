use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::Expect;
use expect_test::expect;

use super::*;

/// Everything the queries of a language find in a text.
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

/// Each stretch of cursors that are not in code, as the text they stand behind.
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
              Macro square: macro_rules! square { ($x:expr) => { $x * $x } }
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
              : annotations
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
