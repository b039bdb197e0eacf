using System.Diagnostics;
using Custodiet.Ledger.Tiles;

namespace Custodiet.Tests.Ledger;

/// <summary>The ledger verified by Go's packages from Debian (golang-go, golang-golang-x-mod-dev): code that is not ours.</summary>
public sealed class InteropTests : IDisposable
{
    private const string GoPath = "/usr/share/gocode";
    private readonly LedgerSome some = new();

    public void Dispose() => some.Dispose();

    [Fact]
    public async Task GoVerifiesEveryEntryAndRefusesATamperedLog()
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(GoPath, "src/golang.org/x/mod/sumdb/tlog")) && File.Exists("/usr/bin/go"),
            "Go or its x/mod packages are absent: apt-get install golang-go golang-golang-x-mod-dev"
        );
        await some.WriteAsync(LedgerSome.Envelopes(LedgerSome.Records(1_000)));
        string program = Path.Combine(some.Root, "tlogcheck");
        string source = Path.Combine(TestPaths.Root, "tests", "interop", "tlogcheck", "main.go");
        (int built, string errors) = await RunAsync("/usr/bin/go", "build", "-o", program, source);
        Assert.True(built == 0, errors);

        (int code, string output) = await RunAsync(program, some.Folder);
        Assert.True(code == 0, output);
        Assert.Equal("1000 entries, 1000 inclusions, 10 consistencies verified", output.Trim());

        foreach (
            string path in (string[])
                [
                    "checkpoint",
                    TilePath.Entries(3, 232),
                    TilePath.Hashes(0, 1),
                    TilePath.Entries(0),
                    TilePath.Hashes(1, 0, 3),
                ]
        )
        {
            string file = Path.Combine(some.Folder, path);
            byte[] whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            byte[] changed = [.. whole];
            changed[whole.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, changed, TestContext.Current.CancellationToken);
            Assert.Equal((path, 1), (path, (await RunAsync(program, some.Folder)).Code));
            await File.WriteAllBytesAsync(file, whole, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = GoPath;
        start.Environment["GOFLAGS"] = "";
        start.Environment["GOCACHE"] = Path.Combine(Path.GetTempPath(), "custodiet-gocache");
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
