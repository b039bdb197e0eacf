using System.Text;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Tests.Pipeline.Framing;

public class EventFramingTests
{
    private static FramedEvents Frame(string body, FramingLimits? limits = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        FramedEvents copied = EventFraming.Frame(bytes, limits);
        FramedEvents inPlace = EventFraming.FrameInPlace(bytes, limits);
        Assert.Equal(Texts(copied), Texts(inPlace));
        Assert.Equal(copied.Rejections, inPlace.Rejections);
        Assert.Equal(copied.Refusal, inPlace.Refusal);
        return copied;
    }

    private static string[] Texts(FramedEvents framed)
    {
        List<string> texts = [];
        int at = 0;
        foreach (int length in framed.Lengths)
        {
            texts.Add(Encoding.UTF8.GetString(framed.Bytes.Span.Slice(at, length)));
            at += length;
        }
        Assert.Equal(framed.Bytes.Length, at);
        return [.. texts];
    }

    [Fact]
    public void LinesAreCutOutWithoutSeparators() =>
        Assert.Equal(["""{"a":1}""", """{"b":2}"""], Texts(Frame("{\"a\":1}\n{\"b\":2}\n")));

    [Theory]
    [InlineData("{\"a\":1}\r\n\r\n  {\"b\":2}  \r\n\n")]
    [InlineData("\uFEFF{\"a\":1}\n{\"b\":2}")]
    [InlineData("\n\n{\"a\":1}\n\t{\"b\":2}")]
    [InlineData("[{\"a\":1},{\"b\":2}]")]
    [InlineData("\uFEFF [ {\"a\":1} ,\r\n {\"b\":2} ] \n")]
    public void BlankLinesCarriageReturnsAByteOrderMarkAndArraysMakeNoDifference(string body)
    {
        FramedEvents framed = Frame(body);
        Assert.Null(framed.Refusal);
        Assert.Empty(framed.Rejections);
        Assert.Equal(["""{"a":1}""", """{"b":2}"""], Texts(framed));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n ")]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    public void AnEmptyBodyHasNoEvents(string body)
    {
        FramedEvents framed = Frame(body);
        Assert.Null(framed.Refusal);
        Assert.Empty(framed.Lengths);
        Assert.Empty(framed.Rejections);
    }

    [Fact]
    public void LinesOfTextAreEventsWithTheirBlanks()
    {
        FramedEvents framed = Frame("{\"a\":1}\n<13>hello\t\r\n\n \t\n  42 \n[Mon Mar 02 08:16:00 2026] [error] x\n");
        Assert.Equal(["""{"a":1}""", "<13>hello\t", "  42 ", "[Mon Mar 02 08:16:00 2026] [error] x"], Texts(framed));
        Assert.Empty(framed.Rejections);
    }

    [Theory]
    [InlineData("[Mon Mar 02 08:16:00 2026] [error] x")]
    [InlineData("[12345.678901] usb 1-1: new device")]
    [InlineData("[2026-03-02 08:16:00] a, b")]
    [InlineData("[] nothing")]
    [InlineData("[1, 2]")]
    [InlineData("[\"\\")]
    public void ALineInBracketsIsNoArray(string line)
    {
        Assert.Equal([line], Texts(Frame(line)));
        Assert.Equal([line, "x"], Texts(Frame(line + "\r\nx")));
    }

    [Fact]
    public void ElementsThatAreNotObjectsAreRejectedWithTheirNumber()
    {
        FramedEvents framed = Frame("""[{"a":"]},\"["}, 1, null, "x,]\"", [[{}]], true, -1.5e3, {"b":{"c":[1,2]}}]""");
        Assert.Null(framed.Refusal);
        Assert.Equal(["""{"a":"]},\"["}""", """{"b":{"c":[1,2]}}"""], Texts(framed));
        Assert.Equal([2L, 3, 4, 5, 6, 7], framed.Rejections.Select(rejection => rejection.Line));
        Assert.All(framed.Rejections, rejection => Assert.Equal(FramingFault.NotAnObject, rejection.Fault));
    }

    [Theory]
    [InlineData("""{"Records":[{"a":1},{"b":[2]}]}""")]
    [InlineData(" { \"records\" : [ {\"a\":1} , {\"b\":[2]} ] } \r\n")]
    [InlineData("{\n  \"Records\": [\n    {\"a\":1},\n    {\"b\":[2]}\n  ]\n}\n")]
    [InlineData("\uFEFF{\"Records\":[{\"a\":1},{\"b\":[2]}]}")]
    public void ADocumentThatIsNothingButRecordsIsAnEventForEach(string body) =>
        Assert.Equal(["""{"a":1}""", """{"b":[2]}"""], Texts(Frame(body)));

    [Fact]
    public void RecordsOfSeveralLinesComeInTheirOrderAmongOtherEvents() =>
        Assert.Equal(
            ["""{"n":1}""", """{"n":2}""", """{"n":3}""", "<13>four", """{"n":5}"""],
            Texts(Frame("{\"n\":1}\n{\"Records\":[{\"n\":2},{\"n\":3}]}\n<13>four\n{\"Records\":[{\"n\":5}]}\n"))
        );

    [Theory]
    [InlineData("""{"Records":[]}""")]
    [InlineData("""{"Records":[{"a":1},2]}""")]
    [InlineData("""{"Records":[{"a":1}],"more":1}""")]
    [InlineData("""{"more":1,"Records":[{"a":1}]}""")]
    [InlineData("""{"Records":{"a":1}}""")]
    [InlineData("""{"Records":[{"a":1}]""")]
    [InlineData("""{"Records":[{"a":1},]}""")]
    [InlineData("""{"Records":[{"a":1}]}}""")]
    [InlineData("""{"RECORDS":[{"a":1}]}""")]
    [InlineData("""{"Records":[{"a":1}""")]
    [InlineData("""{"Records""")]
    public void ADocumentThatSaysMoreOrIsBrokenStaysWhole(string body) => Assert.Equal([body], Texts(Frame(body)));

    [Fact]
    public void EachRecordIsHeldToTheLimitsOfAnEvent()
    {
        string records = "{\"Records\":[{\"a\":1},{\"long\":\"" + new string('x', 100) + "\"},{\"b\":2}]}";
        FramedEvents framed = Frame("{}\n" + records, new FramingLimits { EventBytes = 50 });
        Assert.Equal(["{}", """{"a":1}""", """{"b":2}"""], Texts(framed));
        FramingRejection rejection = Assert.Single(framed.Rejections);
        Assert.Equal((2L, FramingFault.EventTooLarge), (rejection.Line, rejection.Fault));
        Assert.StartsWith("Record 2 ", rejection.Reason, StringComparison.Ordinal);
        Assert.Equal(FramingFault.TooManyEvents, Frame(records, new FramingLimits { BatchEvents = 2 }).Refusal?.Fault);
        Assert.Null(Frame(records, new FramingLimits { BatchEvents = 3 }).Refusal);
    }

    [Fact]
    public void AnObjectOverSeveralLinesIsOneEventWhenItIsTheWholeBody()
    {
        string body = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"}\"\n  }\n}";
        Assert.Equal([body], Texts(Frame(body + "\n")));
        // Two lines, each of them broken, that would make one object of no JSON.
        Assert.Equal(["{\"a\":\"x}", "{\"b\":\"y}"], Texts(Frame("{\"a\":\"x}\n{\"b\":\"y}")));
        // Not the whole body: lines, as everywhere.
        Assert.Equal(["{", "\"a\":1", "}", "{}"], Texts(Frame("{\n\"a\":1\n}\n{}")));
    }

    [Fact]
    public void ALineThatIsBrokenInsideIsTakenBecauseThatIsTheParsersBusiness() =>
        Assert.Equal(["""{"a":"""], Texts(Frame("{\"a\":\n")));

    [Fact]
    public void AnEventOverTheLimitIsRejectedAndTheReasonNamesTheLimit()
    {
        FramedEvents framed = Frame(
            "{\"a\":1}\n{\"long\":\"" + new string('x', 100) + "\"}\n{\"b\":2}",
            new FramingLimits { EventBytes = 50 }
        );
        FramingRejection rejection = Assert.Single(framed.Rejections);
        Assert.Equal((2L, FramingFault.EventTooLarge), (rejection.Line, rejection.Fault));
        Assert.Contains("50", rejection.Reason, StringComparison.Ordinal);
        Assert.Equal(2, framed.Lengths.Count);
    }

    [Fact]
    public void ATenMegabyteLineIsRejectedByDefault()
    {
        FramedEvents framed = Frame("{\"a\":\"" + new string('x', 10_000_000) + "\"}\n{\"b\":2}");
        Assert.Equal(FramingFault.EventTooLarge, Assert.Single(framed.Rejections).Fault);
        Assert.Single(framed.Lengths);
    }

    [Fact]
    public void TooManyEventsRefuseTheWholeBatchAndRejectedLinesCount()
    {
        FramingLimits limits = new() { BatchEvents = 2 };
        Assert.Null(Frame("{}\nx\n", limits).Refusal);
        FramedEvents framed = Frame("{}\nx\n{}\n", limits);
        Assert.Equal(FramingFault.TooManyEvents, framed.Refusal?.Fault);
        Assert.Equal(3, framed.Refusal?.Line);
        Assert.Empty(framed.Lengths);
        Assert.Empty(framed.Rejections);
        Assert.Equal(FramingFault.TooManyEvents, Frame("[{},{},{}]", limits).Refusal?.Fault);
    }

    [Fact]
    public void ABatchOverTheByteLimitIsRefusedWhole() =>
        Assert.Equal(
            FramingFault.BatchTooLarge,
            Frame("{\"a\":1}", new FramingLimits { BatchBytes = 6 }).Refusal?.Fault
        );

    [Theory]
    [InlineData("[{\"a\":1}", 8)]
    [InlineData("[{\"a\":1},", 9)]
    [InlineData("[{\"a\":1},]", 9)]
    [InlineData("[{},,]", 4)]
    [InlineData("[{\"a\":1} {\"b\":2}]", 9)]
    [InlineData("[{\"a\":1}] x", 10)]
    [InlineData("[{\"a\":\"1}]", 10)]
    [InlineData("[", 1)]
    [InlineData("[{},\"\\", 6)]
    public void AnArrayThatCannotBeCutIsRefusedWholeWithThePlace(string body, int offset)
    {
        FramedEvents framed = Frame(body);
        Assert.Equal(FramingFault.ArrayBroken, framed.Refusal?.Fault);
        Assert.Equal(offset, framed.Refusal?.ByteOffset);
        Assert.Empty(framed.Lengths);
    }

    [Fact]
    public void TheLineOfABrokenPlaceIsCounted() => Assert.Equal(4, Frame("[\n{},\n{\n},;x").Refusal?.Line);

    [Fact]
    public void AHundredThousandNestedBracketsCostACounter()
    {
        string open = new('[', 100_000);
        Assert.Equal(FramingFault.ArrayBroken, Frame("[{}," + open).Refusal?.Fault);
        FramedEvents framed = Frame("[{}," + open + new string(']', 100_001));
        Assert.Null(framed.Refusal);
        Assert.Equal(FramingFault.NotAnObject, Assert.Single(framed.Rejections).Fault);
        Assert.Equal(2, Frame("{\n\"a\":" + open + new string(']', 100_000) + "}").Lengths.Count);
        Assert.Single(Frame($"[{{\"a\":{open}{new string(']', 100_000)}}}]").Lengths);
        Assert.Single(Frame("{\"a\":" + open + "\n").Lengths);
    }

    [Fact]
    public void ABodyCutAtAnyByteNeverThrowsAndNeverInventsAnEvent()
    {
        byte[] lines = Encoding.UTF8.GetBytes("{\"a\":\"ä\\\"\"}\r\n{\"b\":[{}]}\n");
        byte[] array = Encoding.UTF8.GetBytes("[{\"a\":\"ä\\\"\"},\r\n{\"b\":[{}]}]");
        for (int length = 0; length <= lines.Length; length++)
        {
            Assert.True(EventFraming.Frame(lines.AsMemory(0, length)).Lengths.Count <= 2);
        }
        for (int length = 1; length < array.Length; length++)
        {
            Assert.NotNull(EventFraming.Frame(array.AsMemory(0, length)).Refusal);
        }
    }

    [Fact]
    public void BytesThatAreNotTextAreFramedAsTheyAre()
    {
        byte[] body = [(byte)'{', 0xFF, 0x00, (byte)'}', (byte)'\n', 0xC0];
        FramedEvents framed = EventFraming.Frame(body);
        Assert.Equal([4, 1], framed.Lengths);
        Assert.Equal(body.Where(b => b != (byte)'\n'), framed.Bytes.ToArray());
    }
}
