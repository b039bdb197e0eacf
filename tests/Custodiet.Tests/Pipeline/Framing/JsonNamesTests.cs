using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Tests.Pipeline.Framing;

public class JsonNamesTests
{
    [Theory]
    [InlineData("event", true)]
    [InlineData("e\\u0076ent", true)]
    [InlineData("\\u0065\\u0076\\u0065\\u006E\\u0074", true)]
    [InlineData("Event", false)]
    [InlineData("even", false)]
    [InlineData("events", false)]
    [InlineData("even\\u0054", false)]
    [InlineData("even\\u1074", false)]
    [InlineData("event\\u0000", false)]
    [InlineData("\\nvent", false)]
    [InlineData("\\ud800vent", false)]
    [InlineData("event\\udc00\\ud800", false)]
    [InlineData("", false)]
    public void ANameIsComparedWithItsEscapesResolved(string literal, bool same)
    {
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes($"{{\"{literal}\":1}}"));
        reader.Read();
        reader.Read();
        Assert.Equal(same, reader.NameIs("event"u8));
    }
}
