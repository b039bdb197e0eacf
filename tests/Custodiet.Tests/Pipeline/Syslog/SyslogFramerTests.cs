using System.Globalization;
using System.Text;
using CsCheck;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Syslog;

namespace Custodiet.Tests.Pipeline.Syslog;

public class SyslogFramerTests
{
    // RFC 5424 section 6.5, examples 1 to 3 (example 1 without its byte order mark).
    private const string Example1 =
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8";
    private const string Example2 =
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.";
    private const string Example3 =
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]";

    // RFC 3164 section 5.4, example 1.
    private const string Old = "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8";

    [Fact]
    public void CountedMessagesAreTakenByTheirCountWhateverTheyHold() =>
        Assert.Equal(
            [Example1, "<13>1 - - - - - - two\nlines\nand 7 <more>", Example3],
            Frame(
                Counted(Example1) + Counted("<13>1 - - - - - - two\nlines\nand 7 <more>") + Counted(Example3)
            ).Messages
        );

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\0")]
    public void LinesEndWithWhatRfc6587SaysSendersUse(string trailer) =>
        Assert.Equal(
            [Example1, Old, Example2],
            Frame(Example1 + trailer + Old + trailer + Example2 + trailer).Messages
        );

    [Fact]
    public void TheFramingIsSeenMessageByMessage() =>
        Assert.Equal(
            [Example1, Old, Example2, Example3],
            Frame(Counted(Example1) + Old + "\n" + Counted(Example2) + Example3 + "\n").Messages
        );

    [Fact]
    public void ALineFeedBehindACountedMessageAndEmptyLinesAreNoMessages() =>
        Assert.Equal(
            [Example1, Example2],
            Frame("\n\r\n" + Counted(Example1) + "\n\n" + Counted(Example2) + "\n").Messages
        );

    [Theory]
    [InlineData("2026-03-02T08:16:00Z host app: no priority")]
    [InlineData("0 is no count")]
    [InlineData("1234567890 has more digits than a count")]
    [InlineData("7")]
    [InlineData("no priority at all")]
    [InlineData("7\t<13>a tab is no space")]
    public void ALineThatBeginsWithoutACountIsALine(string line) =>
        Assert.Equal([line, Example1], Frame(line + "\n" + Counted(Example1)).Messages);

    [Fact]
    public void ALastLineWithoutItsLineFeedIsAMessage() => Assert.Equal([Old], Frame(Old).Messages);

    [Fact]
    public void ACountedMessageThatIsNotCompleteIsNoneAndIsCounted()
    {
        (string[] messages, SyslogFaults faults) = Frame(Counted(Example1) + "200 <13>only so much came");
        Assert.Equal([Example1], messages);
        Assert.Equal(new SyslogFaults(TooLarge: 0, CutOff: 1), faults);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AMessageAboveTheLimitIsLeftOutAndTheStreamGoesOnBehindIt(bool counted)
    {
        string large = "<13>" + new string('x', 1_021);
        string exact = "<13>" + new string('y', 1_020);
        string stream = counted
            ? Counted(large) + Counted(exact) + Counted(Old)
            : large + "\r\n" + exact + "\r\n" + Old + "\n";
        (string[] messages, SyslogFaults faults) = Frame(stream, limit: 1_024);
        Assert.Equal([exact, Old], messages);
        Assert.Equal(new SyslogFaults(TooLarge: 1, CutOff: 0), faults);
    }

    [Fact]
    public void AHugeCountCostsNoMemory()
    {
        SyslogFramer framer = new(8_192);
        using EventBuffer events = new();
        byte[] chunk = new byte[64 * 1024];
        framer.Push("999999999 "u8, events);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int pushed = 0; pushed < 100; pushed++)
        {
            framer.Push(chunk, events);
        }
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_024);
        Assert.Equal((0, 0), (events.Count, events.OpenBytes));
        Assert.Equal(1, framer.TakeFaults().TooLarge);
    }

    [Fact]
    public void WhereTheStreamIsCutIntoReadsMakesNoDifference()
    {
        Gen<string> text = Gen.String[Gen.Char["ab <>1\r\t{"], 0, 40];
        Gen<string> message = Gen.Select(
            text,
            Gen.Bool,
            (body, counted) => counted ? Counted("<13>" + body + "\n" + body) : "<13>" + body + "\n"
        );
        Gen.Select(message.Array[0, 12], Gen.Int[1, 9].Array[1, 50])
            .Sample(
                (stream, cuts) =>
                {
                    string whole = string.Concat(stream);
                    (string[] messages, SyslogFaults faults) = Frame(whole, limit: 60);
                    (string[] pieces, SyslogFaults pieceFaults) = Frame(whole, limit: 60, cuts);
                    Assert.Equal(messages, pieces);
                    Assert.Equal(faults, pieceFaults);
                    // Every message is either there or counted.
                    Assert.Equal(stream.Length, messages.Length + faults.Count);
                },
                iter: 2_000,
                threads: 1
            );
    }

    [Fact]
    public void EndedEventsCanBeTakenAwayWhileAnotherIsOpen()
    {
        SyslogFramer framer = new(8_192);
        using EventBuffer events = new();
        framer.Push("<13>first\n<13>sec"u8, events);
        Assert.Equal(["<13>first"], Texts(events));
        Assert.True(framer.IsInside);
        events.Clear();
        framer.Push("ond\n"u8, events);
        Assert.Equal(["<13>second"], Texts(events));
        Assert.False(framer.IsInside);
    }

    private static string Counted(string message) =>
        string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(message)} {message}");

    private static (string[] Messages, SyslogFaults Faults) Frame(string stream, int limit = 8_192, int[]? cuts = null)
    {
        SyslogFramer framer = new(limit);
        using EventBuffer events = new();
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(stream);
        for (int cut = 0; rest.Length > 0; cut++)
        {
            int length = cuts is null ? rest.Length : Math.Min(rest.Length, cuts[cut % cuts.Length]);
            framer.Push(rest[..length], events);
            rest = rest[length..];
        }
        framer.End(events);
        return (Texts(events), framer.TakeFaults());
    }

    private static string[] Texts(EventBuffer events)
    {
        List<string> texts = [];
        int at = 0;
        foreach (int length in events.Lengths)
        {
            texts.Add(Encoding.UTF8.GetString(events.Bytes.Span.Slice(at, length)));
            at += length;
        }
        Assert.Equal(events.Bytes.Length, at);
        return [.. texts];
    }
}
