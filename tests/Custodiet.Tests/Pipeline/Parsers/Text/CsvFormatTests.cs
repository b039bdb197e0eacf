using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class CsvFormatTests
{
    private static readonly CsvFormat Three = new(new CsvOptions { Columns = ["a", "", "c"], ColumnsMin = 2 });

    [Theory]
    [InlineData("1,2,3", "Read: a<1> c<3>")]
    [InlineData("1,2,3,4,5", "Read: a<1> c<3> column_4<4> column_5<5>")]
    [InlineData("1,\"x\"", "Read: a<1>")]
    [InlineData("\"1, \"\"one\"\"\",2,\"\"", "Read: a<1, \"one\"> c<>")]
    [InlineData(",,", "Read: ")]
    [InlineData("1 , 2, 3 ", "Read: a<1 > c< 3 >")]
    [InlineData("1,2,\"3", "Malformed: a<1> c<3>")]
    [InlineData("1,2,\"3\"x,4", "Malformed: a<1> c<3>")]
    [InlineData("1", "NoMatch: a<1>")]
    [InlineData("", "NoMatch: ")]
    public void ColumnsAreRead(string text, string expected)
    {
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(Three, text);
        string actual = $"{decoding}: {string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>"))}";
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void WhateverIsQuotedComesBack()
    {
        CsvFormat format = new(
            new CsvOptions
            {
                Columns = ["a"],
                ColumnsMin = 1,
                Delimiter = (byte)';',
            }
        );
        Gen.String["ab;\",äöü \n\\"]
            .Array[1, 8]
            .Sample(values =>
            {
                string text = string.Join(';', values.Select(value => $"\"{value.Replace("\"", "\"\"")}\""));
                (Decoding decoding, (string Name, string Value)[] fields) = new FormatReading().Read(format, text);
                Assert.Equal(Decoding.Read, decoding);
                Assert.Equal(values, fields.Select(field => field.Value));
                Assert.Equal(
                    values.Select((_, i) => i == 0 ? "a" : $"column_{i + 1}"),
                    fields.Select(field => field.Name)
                );
            });
    }
}
