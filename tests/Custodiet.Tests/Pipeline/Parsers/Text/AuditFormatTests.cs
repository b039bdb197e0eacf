using System.Text;
using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class AuditFormatTests
{
    private static readonly AuditFormat Audit = new();

    private static string Read(string text)
    {
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(Audit, text);
        return $"{decoding}: {string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>"))}";
    }

    private const string Stamp = "audit.time<1700000000.123> audit.serial<456>";

    [Theory]
    [InlineData("type=CWD msg=audit(1700000000.123:456): cwd=\"/root\"", "Read: type<CWD> " + Stamp + " cwd</root>")]
    [InlineData("node=h type=EOE msg=audit(1700000000.123:456): ", "Read: node<h> type<EOE> " + Stamp)]
    [InlineData(
        "audit: type=1327 audit(1700000000.123:456): proctitle=6100622063",
        "Read: type<PROCTITLE> " + Stamp + " proctitle<a b c>"
    )]
    [InlineData(
        "type=UNKNOWN[1420] msg=audit(1700000000.123:456): a=b",
        "Read: type<UNKNOWN[1420]> " + Stamp + " a<b>"
    )]
    [InlineData(
        "type=SYSCALL msg=audit(1700000000.123:456): a0=61 a1=6262 uid=1000 key=(null)",
        "Read: type<SYSCALL> " + Stamp + " a0<61> a1<6262> uid<1000> key<(null)>"
    )]
    [InlineData(
        "type=EXECVE msg=audit(1700000000.123:456): argc=2 a0=\"ls\" a1=2F746D702F6120",
        "Read: type<EXECVE> " + Stamp + " argc<2> a0<ls> a1</tmp/a> CommandLine<ls /tmp/a>"
    )]
    [InlineData(
        "type=EXECVE msg=audit(1700000000.123:456): argc=2 a0=\"sh\" a1_len=4 a1[0]=6162 a1[1]=6364",
        "Read: type<EXECVE> " + Stamp + " argc<2> a0<sh> a1_len<4> a1[0]<ab> a1[1]<cd> CommandLine<sh abcd>"
    )]
    [InlineData(
        "type=USER_CMD msg=audit(1700000000.123:456): pid=1 msg='cwd=\"/\" cmd=6C73202F exe=\"/usr/bin/sudo\" res=success'\u001DUID=\"root\"",
        "Read: type<USER_CMD> " + Stamp + " pid<1> cwd</> cmd<ls /> exe</usr/bin/sudo> res<success> UID<root>"
    )]
    [InlineData(
        "type=AVC msg=audit(1700000000.123:456): avc:  denied  { read } for pid=1 comm=\"x\"",
        "Read: type<AVC> "
            + Stamp
            + " words<avc:> words<denied> words<{> words<read> words<}> words<for> pid<1> comm<x>"
    )]
    [InlineData("type=PATH msg=audit(1700000000.123:456): name=FFC3A4", "Read: type<PATH> " + Stamp + " name<\uFFFDä>")]
    [InlineData("type=PATH msg=audit(1700000000.123:456): name=XYZW", "Read: type<PATH> " + Stamp + " name<XYZW>")]
    [InlineData(
        "type=PATH msg=audit(1700000000.123:456): name=\"/a\"b c\" x=1",
        "Read: type<PATH> " + Stamp + " name</a\"b c> x<1>"
    )]
    [InlineData("type=PATH msg=audit(1700000000.123:456): name=\"/a", "Malformed: type<PATH> " + Stamp + " name</a>")]
    [InlineData("type=X msg=audit(1700000000.123:456): msg='a=b", "Malformed: type<X> " + Stamp + " a<b>")]
    [InlineData("type=X msg=audit(1700000000.123): a=b", "NoMatch: ")]
    [InlineData("type=X msg=audit(1700000000.123:", "NoMatch: ")]
    [InlineData("type=X msg=audit(", "NoMatch: ")]
    [InlineData("type=X", "NoMatch: ")]
    [InlineData("", "NoMatch: ")]
    public void RecordsAreRead(string text, string expected) => Assert.Equal(expected, Read(text));

    [Fact]
    public void WhateverTheKernelEncodesComesBack() =>
        Gen.String["ab \"'=äöü€\t\u0001{}"]
            .Where(text => text.Trim().Length > 0)
            .Array[1, 6]
            .Sample(arguments =>
            {
                string[] trimmed = [.. arguments.Select(argument => argument.TrimEnd(' ', '\t'))];
                string text =
                    "type=EXECVE msg=audit(1700000000.123:456): argc=1 "
                    + string.Join(
                        ' ',
                        trimmed.Select((a, i) => $"a{i}={Convert.ToHexString(Encoding.UTF8.GetBytes(a))}")
                    );
                (Decoding decoding, (string Name, string Value)[] fields) = new FormatReading().Read(Audit, text);
                Assert.Equal(Decoding.Read, decoding);
                Assert.Equal(trimmed, fields.Skip(4).SkipLast(1).Select(field => field.Value));
                Assert.Equal(("CommandLine", string.Join(' ', trimmed)), fields[^1]);
            });
}
