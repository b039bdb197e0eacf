using System.Text;
using Custodiet.Analytics.Language;
using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>Turns the rules' expressions into <see cref="CompiledRules"/>.</summary>
internal sealed class RuleCompiler(FieldTable fields)
{
    private readonly Dictionary<ScanTest, int> testIds = [];
    private readonly List<ScanTest> tests = [];
    private readonly Dictionary<string, int> signalIds = new(StringComparer.Ordinal);
    private readonly List<int[]> signals = [];
    private readonly Dictionary<LazyTest, int> lazyIds = [];
    private readonly List<LazyTest> lazies = [];
    private readonly List<Step> steps = [];
    private double[] weights = [];

    public CompiledRules Compile(IReadOnlyList<SigmaRule> rules)
    {
        Term[] terms = [.. rules.Select(r => Build(r.Condition))];
        GramFrequencies frequencies = new(tests.Select(t => Encoding.UTF8.GetBytes(t.Literal)));
        double[] testWeights = [.. tests.Select(t => Weight(t, frequencies))];
        weights = [.. signals.Select(s => s.Sum(t => testWeights[t]))];
        int[] entries = [.. terms.Select(t => Emit(t, CompiledRules.Accept, CompiledRules.Reject))];
        return new CompiledRules
        {
            Tests = tests,
            Signals = signals,
            Lazies = [.. lazies],
            Steps = [.. steps],
            Entries = entries,
            RuleSignals = [.. terms.Select(t => SignalsOf(t).Distinct().ToArray())],
            Witnesses = [.. terms.Select(t => WitnessOf(t, true)?.Signals.Distinct().ToArray())],
            Frequencies = frequencies,
        };
    }

    private Term Build(Expression expression)
    {
        switch (expression)
        {
            case AllOf all:
                return new AllTerm([
                    .. all.Parts.Select(Build).SelectMany(t => t is AllTerm inner ? inner.Parts : [t]),
                ]);
            case AnyOf any:
                return Join([.. any.Parts.Select(Build).SelectMany(t => t is AnyTerm inner ? inner.Parts : [t])]);
            case Not not:
                Term part = Build(not.Part);
                return part is NotTerm twice ? twice.Part : new NotTerm(part);
            case Named named:
                return Build(named.Part);
            case Item item:
                return Build(item.Meaning);
            case Leaf leaf:
                return Build(leaf.Test);
            default:
                throw new InvalidOperationException($"No such expression: {expression.GetType().Name}.");
        }
    }

    // Signals joined by OR are one signal: it is raised when any of their tests holds, and the rule asks once.
    private Term Join(IReadOnlyList<Term> parts)
    {
        int[] joined = [.. parts.OfType<SignalTerm>().SelectMany(s => signals[s.Signal]).Distinct().Order()];
        if (joined.Length == 0)
        {
            return new AnyTerm(parts);
        }
        SignalTerm signal = new(SignalOf(joined));
        Term[] others = [.. parts.Where(p => p is not SignalTerm)];
        return others.Length == 0 ? signal : new AnyTerm([signal, .. others]);
    }

    private Term Build(Test test)
    {
        int field = test.Field is null ? CompiledRules.Keywords : fields.Intern(test.Field);
        switch (test)
        {
            case TextTest { Cased: false } text:
                Pattern folded = text.Pattern.Folded();
                return folded.Shape == PatternShape.Wildcards
                    ? Guarded(
                        folded.Literal.Length > 0
                            ? Signal(field, ScanOperation.Contains, folded.Literal)
                            : Signal(field, ScanOperation.HasValue, ""),
                        Lazy(field, field, text with { Pattern = folded })
                    )
                    : Signal(field, OperationOf(folded.Shape), folded.Literal);
            case TextTest text:
                return Guarded(Build(text with { Cased = false }), Lazy(field, field, text));
            case NumberTest number:
                return Signal(field, ScanOperation.ExactNumber, number.Decimal);
            case NullTest or ExistsTest:
                return Lazy(field, field, test);
            case RegexTest regex:
                string? literal = RequiredLiteral.Of(regex.Regex);
                Term guard = literal is null
                    ? Signal(field, ScanOperation.HasValue, "")
                    : Signal(field, ScanOperation.Contains, Folding.Fold(literal));
                return Guarded(guard, Lazy(field, field, regex));
            case FieldReferenceTest reference:
                Term both = new AllTerm([
                    Signal(field, ScanOperation.HasValue, ""),
                    Signal(fields.Intern(reference.Other), ScanOperation.HasValue, ""),
                ]);
                return Guarded(both, Lazy(field, fields.Intern(reference.Other), reference));
            default:
                return Guarded(Signal(field, ScanOperation.HasValue, ""), Lazy(field, field, test));
        }
    }

    private static ScanOperation OperationOf(PatternShape shape) =>
        shape switch
        {
            PatternShape.Anything => ScanOperation.HasValue,
            PatternShape.Exact => ScanOperation.Exact,
            PatternShape.StartsWith => ScanOperation.StartsWith,
            PatternShape.EndsWith => ScanOperation.EndsWith,
            _ => ScanOperation.Contains,
        };

    // Every guard holds whenever its lazy test does, so that the pair means the same as the test.
    private static AllTerm Guarded(Term guard, Term lazy) => new([.. guard is AllTerm all ? all.Parts : [guard], lazy]);

    private SignalTerm Signal(int field, ScanOperation operation, string literal)
    {
        ScanTest test = new(field, operation, literal);
        if (!testIds.TryGetValue(test, out int id))
        {
            id = tests.Count;
            tests.Add(test);
            testIds.Add(test, id);
        }
        return new SignalTerm(SignalOf([id]));
    }

    private int SignalOf(int[] members)
    {
        string key = string.Join(',', members);
        if (!signalIds.TryGetValue(key, out int id))
        {
            id = signals.Count;
            signals.Add(members);
            signalIds.Add(key, id);
        }
        return id;
    }

    private LazyTerm Lazy(int field, int other, Test test)
    {
        LazyTest lazy = new(field, other, test);
        if (!lazyIds.TryGetValue(lazy, out int id))
        {
            id = lazies.Count;
            lazies.Add(lazy);
            lazyIds.Add(lazy, id);
        }
        return new LazyTerm(id);
    }

    // Steps are emitted from the last to the first, so that the places to go on at are known.
    private int Emit(Term term, int onTrue, int onFalse)
    {
        switch (term)
        {
            case SignalTerm signal:
                steps.Add(new Step(signal.Signal, onTrue, onFalse));
                return steps.Count - 1;
            case LazyTerm lazy:
                steps.Add(new Step(~lazy.Lazy, onTrue, onFalse));
                return steps.Count - 1;
            case NotTerm not:
                return Emit(not.Part, onFalse, onTrue);
            case AllTerm all:
                int next = onTrue;
                foreach (Term part in all.Parts.OrderByDescending(Cost))
                {
                    next = Emit(part, next, onFalse);
                }
                return next;
            default:
                int otherwise = onFalse;
                foreach (Term part in ((AnyTerm)term).Parts.OrderByDescending(Cost))
                {
                    otherwise = Emit(part, onTrue, otherwise);
                }
                return otherwise;
        }
    }

    private static int Cost(Term term) =>
        term switch
        {
            SignalTerm => 0,
            LazyTerm => 100,
            NotTerm not => Cost(not.Part),
            AllTerm all => 1 + all.Parts.Max(Cost),
            AnyTerm any => 1 + any.Parts.Max(Cost),
            _ => throw new InvalidOperationException($"No such term: {term.GetType().Name}."),
        };

    private static IEnumerable<int> SignalsOf(Term term) =>
        term switch
        {
            SignalTerm signal => [signal.Signal],
            NotTerm not => SignalsOf(not.Part),
            AllTerm all => all.Parts.SelectMany(SignalsOf),
            AnyTerm any => any.Parts.SelectMany(SignalsOf),
            _ => [],
        };

    // Of parts that must all hold, the rarest one testifies; of parts of which one must hold, all together do.
    private Witness? WitnessOf(Term term, bool positive)
    {
        switch (term)
        {
            case SignalTerm signal:
                return positive ? new Witness([signal.Signal], weights[signal.Signal]) : null;
            case NotTerm not:
                return WitnessOf(not.Part, !positive);
            case AllTerm all:
                return positive ? Rarest(all.Parts, positive) : Together(all.Parts, positive);
            case AnyTerm any:
                return positive ? Together(any.Parts, positive) : Rarest(any.Parts, positive);
            default:
                return null;
        }
    }

    private Witness? Rarest(IReadOnlyList<Term> parts, bool positive) =>
        parts.Select(p => WitnessOf(p, positive)).OfType<Witness>().MinBy(w => w.Weight);

    private Witness? Together(IReadOnlyList<Term> parts, bool positive)
    {
        Witness?[] each = [.. parts.Select(p => WitnessOf(p, positive))];
        return each.Any(w => w is null)
            ? null
            : new Witness([.. each.SelectMany(w => w!.Signals)], each.Sum(w => w!.Weight));
    }

    /// <summary>How often the test is expected to hold. Only the choice of witnesses depends on it.</summary>
    private static double Weight(ScanTest test, GramFrequencies frequencies)
    {
        byte[] literal = Encoding.UTF8.GetBytes(test.Literal);
        double share = frequencies.Share(literal);
        return test.Operation switch
        {
            ScanOperation.HasValue => 2,
            ScanOperation.ExactNumber => 0.02,
            ScanOperation.Exact => literal.Length <= 2 ? 0.2 : Math.Min(share, 0.01),
            ScanOperation.StartsWith or ScanOperation.EndsWith => Math.Min(share, 0.5) * 0.5,
            _ => share,
        };
    }

    private abstract record Term;

    private sealed record SignalTerm(int Signal) : Term;

    private sealed record LazyTerm(int Lazy) : Term;

    private sealed record NotTerm(Term Part) : Term;

    private sealed record AllTerm(IReadOnlyList<Term> Parts) : Term;

    private sealed record AnyTerm(IReadOnlyList<Term> Parts) : Term;

    private sealed record Witness(IReadOnlyList<int> Signals, double Weight);
}
