using System.Text;
using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class TextPatternTests
{
    private static string Read(string pattern, string text)
    {
        (IReadOnlyList<TextPattern> patterns, string? problem) = PatternText.Read(pattern);
        Assert.Null(problem);
        PatternFormat format = new([new PatternChoice(patterns, [])], unmatchedIsRead: false);
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(format, text);
        return decoding == Decoding.Read
            ? string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>"))
            : decoding.ToString();
    }

    [Theory]
    [InlineData("a {x} b", "a 1 b", "x<1>")]
    [InlineData("a {x} b", "a 1 b b", "x<1 b>")]
    [InlineData("{x} b {y}", "1 b 2 b 3", "x<1> y<2 b 3>")]
    [InlineData("{x:long} b {y}", "1 b 2 b 3", "x<1 b 2> y<3>")]
    [InlineData("a {x}", "a ", "x<>")]
    [InlineData("a {x}", "a", "NoMatch")]
    [InlineData("a", "a", "")]
    [InlineData("a", "ab", "NoMatch")]
    [InlineData("{x:int}/{y:int}", "-1/23", "x<-1> y<23>")]
    [InlineData("{x:int}", "-", "NoMatch")]
    [InlineData("{x:number}s", "1.5s", "x<1.5>")]
    [InlineData("{x:number}.", "1.", "x<1>")]
    [InlineData("{x:number}", ".5", "NoMatch")]
    [InlineData("{x:word}{_:blanks}{y:word}", "p \t q", "x<p> y<q>")]
    [InlineData("{x:word}", "p q", "NoMatch")]
    [InlineData("from {x:ip} port", "from 192.0.2.1 port", "x<192.0.2.1>")]
    [InlineData("from {x:ip}: y", "from 2001:db8::1: y", "x<2001:db8::1>")]
    [InlineData("from {x:ip}: y", "from fe80::1%eth0: y", "NoMatch")]
    [InlineData("from {x:ip} y", "from fe80::1%eth0 y", "x<fe80::1%eth0>")]
    [InlineData("from {x:ip}.", "from 192.0.2.1.", "x<192.0.2.1>")]
    [InlineData("from {x:ip}", "from host", "NoMatch")]
    [InlineData("{x:quoted} {y}", "\"a \\\"b\\\"\" c", "x<a \"b\"> y<c>")]
    [InlineData("{x:quoted}", "\"a", "NoMatch")]
    [InlineData("{x:quoted}", "a", "NoMatch")]
    [InlineData("a[ b {x:int}] c", "a b 1 c", "x<1>")]
    [InlineData("a[ b {x:int}] c", "a c", "")]
    [InlineData("[{x} ; ]T={y} ; U={z}", "T=1 ; U=2", "y<1> z<2>")]
    [InlineData("[{x} ; ]T={y} ; U={z}", "why ; T=1 ; U=2", "x<why> y<1> z<2>")]
    [InlineData("\\[{x}\\] \\{\\}\\\\", "[1] {}\\", "x<1>")]
    [InlineData("ä{x}ö", "ä€ö", "x<€>")]
    [InlineData("{_} {x}", "a b", "x<b>")]
    public void PatternsMatchTheWholeText(string pattern, string text, string expected) =>
        Assert.Equal(expected, Read(pattern, text));

    [Theory]
    [InlineData("")]
    [InlineData("{x")]
    [InlineData("x}")]
    [InlineData("{}")]
    [InlineData("{x:nothing}")]
    [InlineData("{x:int:int}")]
    [InlineData("{x}{y}")]
    [InlineData("{x}[ a]{y}")]
    [InlineData("[a")]
    [InlineData("a]")]
    [InlineData("[a[b]]")]
    [InlineData("[a]")]
    [InlineData("[a][b][c][d][e]f")]
    public void APatternThatCannotBeMatchedInOnePassIsRefused(string pattern)
    {
        (IReadOnlyList<TextPattern> patterns, string? problem) = PatternText.Read(pattern);
        Assert.Empty(patterns);
        Assert.NotEqual("", problem);
        Assert.NotNull(problem);
    }

    [Fact]
    public void MoreFieldsOrCharactersThanTheLimitAreRefused()
    {
        string many = string.Concat(Enumerable.Range(0, TextPattern.FieldsMax).Select(i => $"{{f{i}}} "));
        Assert.Null(PatternText.Read(many).Problem);
        Assert.NotNull(PatternText.Read(many + "{more}").Problem);
        Assert.Null(PatternText.Read(new string('x', PatternText.CharactersMax)).Problem);
        Assert.NotNull(PatternText.Read(new string('x', PatternText.CharactersMax + 1)).Problem);
    }

    [Fact]
    public void FieldsComeBackFromWhatTheyWereWrittenInto()
    {
        // Values hold no blank and no bracket, so that each ends where its pattern says.
        Gen<string> value = Gen.String["abäö€.:/=\"'\\"].Where(text => text.Length > 0);
        Gen.Select(value, value, Gen.Int, Gen.Bool)
            .Sample(
                (user, reason, port, optional) =>
                {
                    string text = $"Failed {user} from host[ port {port}]".Replace(
                        $"[ port {port}]",
                        optional ? $" port {port}" : ""
                    );
                    text += $": ({reason})";
                    string expected = optional
                        ? $"user<{user}> port<{port}> reason<{reason}>"
                        : $"user<{user}> reason<{reason}>";
                    Assert.Equal(expected, Read("Failed {user} from host[ port {port:int}]: ({reason})", text));
                }
            );
    }

    [Fact]
    public void MatchingIsLinearForWhateverTheTextHolds()
    {
        // A regular expression that backtracks would try every split of the text over the fields.
        (IReadOnlyList<TextPattern> patterns, _) = PatternText.Read(
            "{a} x {b} x {c} x {d:long} x {e}[ y {f}][ y {g}] z"
        );
        PatternFormat format = new([new PatternChoice(patterns, [])], unmatchedIsRead: false);
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(" x y", 250_000)));
        FormatReading reading = new();
        TimeProvider time = TimeProvider.System;
        long started = time.GetTimestamp();
        Assert.Equal(Decoding.NoMatch, reading.Read(format, text).Decoding);
        Assert.True(time.GetElapsedTime(started) < TimeSpan.FromSeconds(2));
    }
}
