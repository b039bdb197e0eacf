using System.Text;
using Custodiet.Ledger.Envelopes;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.Ledger;

public class EnvelopeTests
{
    private static readonly DateTimeOffset time = new(2026, 11, 24, 4, 26, 54, 123, 456, TimeSpan.Zero);

    private static Envelope Some(string stream = "alert/1", RecordId? supersedes = null) =>
        new(
            new RecordId(new Guid("01936000-0000-7000-8000-000000000001")),
            "service.started/1",
            stream,
            new ActorId("service"),
            time,
            time.AddSeconds(1),
            supersedes,
            new string('a', 64)
        );

    [Fact]
    public void TheCanonicalFormIsFixed() =>
        Assert.Equal(
            """{"v":1,"id":"01936000-0000-7000-8000-000000000001","type":"service.started/1","stream":"alert/1","actor":"service","occurred_at":"2026-11-24T04:26:54.123456Z","recorded_at":"2026-11-24T04:26:55.123456Z","supersedes":null,"body_digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""",
            Encoding.UTF8.GetString(Some().ToBytes())
        );

    [Theory]
    [InlineData("alert/1")]
    [InlineData("quote\"and\\backslash")]
    [InlineData("line\nbreak\u0000\u001f")]
    [InlineData("ünïcode 雪 🐕 \u2028")]
    public void WhatIsWrittenIsReadBack(string stream)
    {
        Envelope envelope = Some(stream, new RecordId(Guid.CreateVersion7(time)));
        EnvelopeParse parse = Envelope.Parse(envelope.ToBytes());
        Assert.Empty(parse.Problems);
        Assert.Equal(envelope, parse.Envelope);
    }

    [Fact]
    public void EveryFlippedBitIsRefusedOrReadsAsAnotherEnvelope()
    {
        byte[] bytes = Some().ToBytes();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            EnvelopeParse parse = Envelope.Parse(changed);
            Assert.True(parse.Envelope is null ? parse.Problems.Count > 0 : parse.Envelope != Some());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"v\":2}")]
    [InlineData("{\"v\":1,\"v\":1}")]
    [InlineData("{\"v\":{\"v\":{\"v\":{}}}}")]
    [InlineData("{\"id\":\"\\ud800\"}")]
    public void WhatIsNoEnvelopeIsRefusedWithReasons(string text) =>
        Assert.NotEmpty(Envelope.Parse(Encoding.UTF8.GetBytes(text)).Problems);

    [Fact]
    public void OtherSpellingsOfTheSameMembersAreRefused()
    {
        string canonical = Encoding.UTF8.GetString(Some().ToBytes());
        foreach (
            string other in (string[])
                [canonical + " ", canonical.Replace(":1,", ": 1,"), canonical.Replace("/1\"", "\\/1\"")]
        )
        {
            Assert.Null(Envelope.Parse(Encoding.UTF8.GetBytes(other)).Envelope);
        }
    }

    [Fact]
    public void ASealedRecordFitsItsEnvelopeAndItsBodyOnlyWithItsSalt()
    {
        SealedRecord record = LedgerSome.Record(1);
        Envelope envelope = Assert.IsType<Envelope>(Envelope.Parse(record.Envelope.Span).Envelope);
        Assert.Equal(record.Id, envelope.Id);
        Assert.Equal(7, record.Id.Value.Version);
        Assert.Equal(Envelope.SaltBytes, record.Salt.Length);
        Assert.True(envelope.Matches(record.Salt.Span, record.Body.Span));
        Assert.False(envelope.Matches(LedgerSome.Record(1).Salt.Span, record.Body.Span));
        Assert.False(envelope.Matches(record.Salt.Span, LedgerSome.Record(2).Body.Span));
    }

    [Fact]
    public void TheLongestNamesFullyEscapedStillFitAnEntry()
    {
        string worst = new('\u0001', Envelope.NameBytesMax);
        Envelope envelope = Some(worst) with { Type = worst, Actor = new ActorId(worst) };
        Assert.True(envelope.ToBytes().Length <= Envelope.BytesMax);
        Assert.Throws<ArgumentException>(() => Some(worst + "x").ToBytes());
        Assert.Throws<ArgumentException>(() => Some("\ud800").ToBytes());
    }
}
