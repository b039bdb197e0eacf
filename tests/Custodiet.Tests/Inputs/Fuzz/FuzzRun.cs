using System.Globalization;

namespace Custodiet.Tests.Inputs.Fuzz;

/// <summary>Something that a case showed, with all that is needed to see it again.</summary>
/// <param name="Target">The decoder.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Case">The number of the case.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Failure">What happened.</param>
internal sealed record FuzzFinding(string Target, int Seed, long Case, byte[] Body, Exception Failure)
{
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Target}, seed {Seed}, case {Case}, {Body.Length} bytes: {Failure}\nbase64: {Convert.ToBase64String(Body)[..Math.Min(4_000, (Body.Length + 2) / 3 * 4)]}"
        );
}

/// <summary>What a run over one target came to.</summary>
/// <param name="Cases">Bodies decoded.</param>
/// <param name="Events">Events that they gave.</param>
/// <param name="Bytes">Bytes of all bodies.</param>
/// <param name="Slowest">The longest that one body took.</param>
/// <param name="MostAllocated">The most bytes of memory that one body took.</param>
/// <param name="Finding">The first finding, which ended the run; null when all promises held.</param>
internal sealed record FuzzReport(
    long Cases,
    long Events,
    long Bytes,
    TimeSpan Slowest,
    long MostAllocated,
    FuzzFinding? Finding
);

/// <summary>Runs a target over cases. A case is given by seed and number alone.</summary>
internal static class FuzzRun
{
    /// <summary>
    /// What a body of <see cref="FuzzBytes.Max"/> bytes may take: a hundred times what the slowest takes on a machine without other work, so
    /// that only work out of all proportion to the body is found.
    /// </summary>
    private static readonly TimeSpan timeMax = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that decoding one body may allocate, checks of the target included.</summary>
    private const long AllocatedMax = 16L << 20;

    /// <summary>Runs until a finding, or until <paramref name="until"/> says enough.</summary>
    /// <param name="target">The decoder.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="first">The number of the first case.</param>
    /// <param name="until">Whether to end before the case with this number.</param>
    /// <param name="read">What is done with every event, for example reading it with parsers; may throw.</param>
    /// <param name="time">Measures the slowest.</param>
    public static FuzzReport Run(
        FuzzTarget target,
        int seed,
        long first,
        Func<long, bool> until,
        Action<ReadOnlyMemory<byte>> read,
        TimeProvider time
    )
    {
        long events = 0;
        long bytes = 0;
        TimeSpan slowest = TimeSpan.Zero;
        long mostAllocated = 0;
        long number = first;
        for (; !until(number); number++)
        {
            Random random = RandomOf(seed, number);
            byte[] body = FuzzBytes.Next(random, target.Seeds);
            long started = time.GetTimestamp();
            long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                foreach (ReadOnlyMemory<byte> item in target.Run(body, random))
                {
                    events++;
                    read(item);
                }
                TimeSpan took = time.GetElapsedTime(started);
                long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
                slowest = took > slowest ? took : slowest;
                mostAllocated = Math.Max(mostAllocated, allocated);
                if (took > timeMax || allocated > AllocatedMax)
                {
                    throw new BrokenPromiseException($"A body took {took} and {allocated:N0} bytes of memory.");
                }
            }
            catch (Exception failure)
            {
                FuzzFinding finding = new(target.Name, seed, number, body, failure);
                return new FuzzReport(number - first + 1, events, bytes, slowest, mostAllocated, finding);
            }
            bytes += body.Length;
        }
        return new FuzzReport(number - first, events, bytes, slowest, mostAllocated, null);
    }

    /// <summary>The random source of a case.</summary>
    public static Random RandomOf(int seed, long number) => new(unchecked((seed * 1_000_003) + (int)number));
}
