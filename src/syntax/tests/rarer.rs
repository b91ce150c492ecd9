//! Languages that not everybody writes every day.

use super::*;

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
