//! Languages with classes: C# and Kotlin.

use super::*;

#[test]
fn c_sharp() {
    check(
        "c-sharp",
        r#"#!/usr/bin/env dotnet
using System;
using System.Collections.Generic;
using static System.Math;
using Shape = Drawing.Base.Shape;
global using Drawing;

namespace Drawing.Shapes;

/// <summary>A shape.</summary>
[Serializable]
public abstract class Circle<T> : Shape, IArea where T : struct
{
    public const double Pi = 3.14;
    private readonly T radius; // in metres
    protected static int count = 0, total;
    public event EventHandler Changed;
    public string Name { get; set; } = "a \"round\" one";
    public int Sides => 0;
    public int this[int index] => index;

    public Circle(T radius, string name)
    {
        this.radius = radius;
    }

    ~Circle() { Dispose(); }

    public static Circle<T> operator +(Circle<T> a, Circle<T> b) => a;

    public double Area()
    {
        if (count > 0) { return Pi; }
        else if (count == 0) { return 0; }
        else { throw new Exception($"no {radius} at {count:F2}"); }
    }

    public abstract void Draw();

    public string Title
    {
        get { return @"a ""verbatim"" one"; }
        set => Name = value;
    }
}

public interface IArea { double Area(); }
public record Point(int X, int Y);
public record struct Size { public int Width; }
public enum Suit { Hearts = 1, Spades }
public delegate void Visit(Shape shape);

internal static class Program
{
    /* The whole. */
    static async Task Main(string[] args)
    {
        foreach (var shape in args) { Console.WriteLine(shape); }
        for (int i = 0; i < 2; i++) { while (true) { break; } }
        try { Run(); } catch (Exception e) when (e != null) { Fail(); } finally { Close(); }
        switch (args.Length) { case 1: return; default: break; }
        using (var file = Open()) { lock (file) { } }
        args.Select(it => { return it.Length; });
        var size = args.Length switch { > 1 => "big", _ => "small" };
        int Twice(int x) { return x * 2; }
        var text = """
            Many "raw" lines
            """;
        char c = 'x';
    }
}
"#,
        expect![[r#"
            definitions
              Module Drawing.Shapes: namespace Drawing.Shapes;
              Class Circle: [Serializable] public abstract class Circle<T> : Shape, IArea where T : struct
              Constant Pi: public const double Pi = 3.14;
              Field radius: private readonly T radius;
              Field count: protected static int count = 0, total;
              Field total: protected static int count = 0, total;
              Field Changed: public event EventHandler Changed;
              Field Name: public string Name
              Field Sides: public int Sides
              Method Circle: public Circle(T radius, string name)
              Method Circle: ~Circle()
              Method Area: public double Area()
              Method Draw: public abstract void Draw();
              Field Title: public string Title
              Interface IArea: public interface IArea
              Method Area: double Area();
              Class Point: public record Point(int X, int Y);
              Field X: int X
              Field Y: int Y
              Class Size: public record struct Size
              Field Width: public int Width;
              Enum Suit: public enum Suit
              Variant Hearts: Hearts = 1
              Variant Spades: Spades
              Type Visit: public delegate void Visit(Shape shape);
              Class Program: internal static class Program
              Method Main: static async Task Main(string[] args)
              Function Twice: int Twice(int x)
            scopes
              Class [Serializable] | { public const doubl
                Function public string Name { get; set; } = "a \"round\" one"; | { get; set; }
                Function public Circle(T radius, string name) | { this.radius = radi
                Function ~Circle() { Dispose(); } | { Dispose(); }
                Function public double Area() | { if (count > 0) { r
                  Block if (count > 0) { return Pi; } | { return Pi; }
                    Block if (count == 0) { return 0; } | { return 0; }
                      Block { throw new Exception($"no {radius} at {count:F2}"); } | { throw new Exceptio
                Function public string Title | { get { return @"a "
                  Function get { return @"a ""verbatim"" one"; } | { return @"a ""verba
              Class public interface IArea { double Area(); } | { double Area(); }
              Class public record struct Size { public int Width; } | { public int Width; 
              Class public enum Suit { Hearts = 1, Spades } | { Hearts = 1, Spades
              Class internal static class Program | { /* The whole. */ s
                Function static async Task Main(string[] args) | { foreach (var shape
                  Block foreach (var shape in args) { Console.WriteLine(shape); } | { Console.WriteLine(
                  Block for (int i = 0; i < 2; i++) { while (true) { break; } } | { while (true) { bre
                    Block while (true) { break; } | { break; }
                  Block try { Run(); } catch (Exception e) when (e != null) { Fail(); } finally { Close(); } | { Run(); }
                    Block catch (Exception e) when (e != null) { Fail(); } | { Fail(); }
                    Block finally { Close(); } | { Close(); }
                  Block switch (args.Length) { case 1: return; default: break; } | { case 1: return; de
                    Block case 1: return; | 
                    Block default: break; | 
                  Block using (var file = Open()) { lock (file) { } } | { lock (file) { } }
                    Block lock (file) { } | { }
                  Function it => { return it.Length; } | { return it.Length; 
                  Block args.Length switch { > 1 => "big", _ => "small" } | 
                  Function int Twice(int x) { return x * 2; } | { return x * 2; }
            imports
              System: 
              System.Collections.Generic: 
              System.Math: 
              Drawing.Base.Shape: Shape
              Drawing: 
            regions
              Comment #!/usr/bin/env dotnet
              Comment /// <summary>A shape.</summary>
              Comment // in metres
              String "a \"round\" one
              String $"no
              String } at
              String }
              String @"a ""verbatim"" one
              Comment /* The whole. *
              String "big
              String "small
              String """ Many "raw" lines ""
              String 'x
        "#]],
    );
}

#[test]
fn kotlin() {
    check(
        "kotlin",
        r#"#!/usr/bin/env kotlin
@file:JvmName("Shapes")
package com.example.shapes

import java.util.Date
import kotlin.math.PI as Pi
import kotlinx.coroutines.*

/** A shape. */
const val LIMIT = 10
private var count: Int = 0
typealias Visit = (Shape) -> Unit

@Serializable
sealed class Shape(val name: String, private var sides: Int = 0, hidden: Boolean) : Base(), Named {
    val area: Double
        get() = 0.0 // of nothing
    lateinit var owner: String
    var title: String = "none"
        set(value) {
            field = value
        }

    init {
        count++
    }

    constructor(name: String) : this(name, 0, false) {
        println("made a \"new\" $name of ${name.length + 1}")
    }

    abstract fun draw(canvas: Canvas)

    override fun toString(): String {
        return if (sides > 0) {
            "sides"
        } else {
            'x'.toString()
        }
    }

    companion object Factory {
        fun create(): Shape = Circle()
    }
}

interface Named {
    val name: String
    fun greet() = name
}

data class Point(val x: Int, val y: Int)

enum class Suit(val letter: Char) {
    HEARTS('H'),
    SPADES('S') {
        override fun f() {}
    };

    open fun f() {}
}

object Registry : Named {
    val all = mutableListOf<Shape>()
}

fun <T> List<T>.each(visit: (T) -> Unit) {
    for (it in this) { visit(it) }
    while (count > 0) { count-- }
    do { count++ } while (count < 2)
    try { run() } catch (e: Exception) { fail() } finally { close() }
    when (count) {
        0 -> { return }
        else -> println("other")
    }
    map { it -> it.toString() }.filter { true }
    val listener = object : Named {
        override val name = "n"
    }
    val twice = fun(x: Int): Int { return x * 2 }
    /* many */
    val text = """
        Many $count lines
    """.trimIndent()
}
"#,
        expect![[r#"
            definitions
              Module com.example.shapes: package com.example.shapes
              Constant LIMIT: const val LIMIT = 10
              Variable count: private var count: Int = 0
              Type Visit: typealias Visit = (Shape) -> Unit
              Class Shape: @Serializable sealed class Shape(val name: String, private var sides: Int = 0, hidden: Boolean) : Base(), Named
              Field name: val name: String
              Field sides: private var sides: Int = 0
              Field area: val area: Double
              Field owner: lateinit var owner: String
              Field title: var title: String = "none"
              Method constructor: constructor(name: String) : this(name, 0, false)
              Method draw: abstract fun draw(canvas: Canvas)
              Method toString: override fun toString(): String
              Class Factory: companion object Factory
              Method create: fun create(): Shape
              Interface Named: interface Named
              Field name: val name: String
              Method greet: fun greet()
              Class Point: data class Point(val x: Int, val y: Int)
              Field x: val x: Int
              Field y: val y: Int
              Enum Suit: enum class Suit(val letter: Char)
              Field letter: val letter: Char
              Variant HEARTS: HEARTS('H')
              Variant SPADES: SPADES('S')
              Method f: override fun f()
              Method f: open fun f()
              Class Registry: object Registry : Named
              Field all: val all = mutableListOf<Shape>()
              Function each: fun <T> List<T>.each(visit: (T) -> Unit)
              Field name: override val name = "n"
            scopes
              Class @Serializable | { val area: Double g
                Function set(value) { | { field = value }
                Function init { | { count++ }
                Function constructor(name: String) : this(name, 0, false) { | { println("made a \"
                Function override fun toString(): String { | { return if (sides >
                  Block if (sides > 0) { | { "sides" }
                    Block { | { 'x'.toString() }
                Class companion object Factory { | { fun create(): Shap
              Class interface Named { | { val name: String f
              Class enum class Suit(val letter: Char) { | { HEARTS('H'), SPADE
                Class SPADES('S') { | { override fun f() {
                  Function override fun f() {} | {}
                Function open fun f() {} | {}
              Class object Registry : Named { | { val all = mutableL
              Function fun <T> List<T>.each(visit: (T) -> Unit) { | { for (it in this) {
                Block for (it in this) { visit(it) } | { visit(it) }
                Block while (count > 0) { count-- } | { count-- }
                Block do { count++ } while (count < 2) | { count++ }
                Block try { run() } catch (e: Exception) { fail() } finally { close() } | { run() }
                  Block catch (e: Exception) { fail() } | { fail() }
                  Block finally { close() } | { close() }
                Block when (count) { | 
                  Block 0 -> { return } | { return }
                Function { it -> it.toString() } | { it -> it.toString(
                Function { true } | { true }
                Class object : Named { | { override val name 
                Function fun(x: Int): Int { return x * 2 } | { return x * 2 }
            imports
              java.util.Date: Date
              kotlin.math.PI: Pi
              kotlinx.coroutines: 
            regions
              Comment #!/usr/bin/env kotlin
              String "Shapes
              Comment /** A shape. *
              Comment // of nothing
              String "none
              String "made a \"new\" $name of
              String }
              String "sides
              String 'x
              String 'H
              String 'S
              String "other
              String "n
              Comment /* many *
              String """ Many
              String t lines ""
        "#]],
    );
}
