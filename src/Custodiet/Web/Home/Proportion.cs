namespace Custodiet.Web.Home;

/// <summary>A share of a count, with its 95 % interval after Wilson (1927), which holds for small counts and for none at all.</summary>
/// <param name="Part">How many.</param>
/// <param name="Whole">Of how many.</param>
public readonly record struct Proportion(long Part, long Whole)
{
    private const double Z = 1.959_963_984_540_054;

    /// <summary>The share; not a number when there is nothing to share.</summary>
    public double Share => (double)Part / Whole;

    /// <summary>The interval's ends, or null when there is nothing to share.</summary>
    public (double Low, double High)? Interval
    {
        get
        {
            if (Whole <= 0)
            {
                return null;
            }
            double n = Whole;
            double p = Share;
            double scale = 1 + (Z * Z / n);
            double centre = (p + (Z * Z / (2 * n))) / scale;
            double half = Z / scale * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4 * n * n)));
            return (Part == 0 ? 0 : Math.Max(0, centre - half), Part == Whole ? 1 : Math.Min(1, centre + half));
        }
    }

    /// <summary>Share and interval as pages write them.</summary>
    public override string ToString() =>
        Interval is { } i
            ? $"{Words.Percent(Share)} ({Words.Percent(i.Low)} to {Words.Percent(i.High)})"
            : "no cases yet";
}
