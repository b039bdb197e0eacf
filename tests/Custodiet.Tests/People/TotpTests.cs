using System.Text;
using Custodiet.People;

namespace Custodiet.Tests.People;

public sealed class TotpTests
{
    private static readonly byte[] rfcSecret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, the rows for SHA-1.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void CodesAreThoseOfTheRfc(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(rfcSecret, Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    /// <summary>RFC 4226, appendix D: HOTP values for counts 0 to 9.</summary>
    [Fact]
    public void SixDigitsAreThoseOfTheHotpRfc()
    {
        string[] expected =
        [
            "755224",
            "287082",
            "359152",
            "969429",
            "338314",
            "254676",
            "287922",
            "162583",
            "399871",
            "520489",
        ];
        Assert.Equal(expected, Enumerable.Range(0, 10).Select(count => Totp.Code(rfcSecret, count)));
    }

    /// <summary>RFC 4648, section 10, without padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32IsThatOfTheRfc(string text, string encoded)
    {
        Assert.Equal(encoded, Totp.ToBase32(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(text, Encoding.ASCII.GetString(Totp.FromBase32(encoded)!));
    }

    [Fact]
    public void ACodeHoldsOneStepAroundItsOwnAndNotBeforeTheLastUsed()
    {
        string secret = Totp.ToBase32(rfcSecret);
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);
        long step = Totp.StepOf(now);
        Assert.Equal(step - 1, Totp.Verify(secret, Totp.Code(rfcSecret, step - 1), now, 0));
        Assert.Equal(step, Totp.Verify(secret, Totp.Code(rfcSecret, step).Insert(3, " "), now, 0));
        Assert.Equal(step + 1, Totp.Verify(secret, Totp.Code(rfcSecret, step + 1), now, 0));
        Assert.Null(Totp.Verify(secret, Totp.Code(rfcSecret, step + 2), now, 0));
        Assert.Null(Totp.Verify(secret, Totp.Code(rfcSecret, step - 2), now, 0));
        Assert.Null(Totp.Verify(secret, Totp.Code(rfcSecret, step), now, step));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not base 32!")]
    public void NoSecretMeansNoCode(string? secret) =>
        Assert.Null(Totp.Verify(secret, "", DateTimeOffset.UnixEpoch, 0));
}
