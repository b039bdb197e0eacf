using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class UriTextFormatTests
{
    private static readonly UriTextFormat Uri = new(
        new UriParts
        {
            Scheme = "scheme",
            Host = "host",
            Port = "port",
            Stem = "stem",
            Query = "query",
            Extension = "ext",
        }
    );

    [Theory]
    [InlineData(
        "http://www.example.com/a/b.exe?c=d#e",
        "scheme<http> host<www.example.com> stem</a/b.exe> ext<exe> query<c=d>"
    )]
    [InlineData("https://u:p@h:8443/", "scheme<https> host<h> port<8443> stem</>")]
    [InlineData("http://[2001:db8::1]:80/x", "scheme<http> host<[2001:db8::1]> port<80> stem</x>")]
    [InlineData("http://h", "scheme<http> host<h>")]
    [InlineData("http://h?x", "scheme<http> host<h> query<x>")]
    [InlineData("/a.b/c", "stem</a.b/c>")]
    [InlineData("/a?u=http://x/y.exe", "stem</a> query<u=http://x/y.exe>")]
    [InlineData("www.example.org:443", "host<www.example.org> port<443>")]
    [InlineData("/x.verylongextension", "stem</x.verylongextension>")]
    [InlineData("/x.", "stem</x.>")]
    [InlineData("*", "stem<*>")]
    [InlineData("", "")]
    public void AddressesAreTakenApart(string text, string expected)
    {
        (_, (string, string)[] fields) = new FormatReading().Read(Uri, text);
        Assert.Equal(expected, string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>")));
    }
}
