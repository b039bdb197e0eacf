using System.Diagnostics.CodeAnalysis;
using Custodiet.Records.People;

namespace Custodiet.People;

internal sealed partial class Sessions
{
    /// <summary>A session in memory: as it is now, whether the store knows it so, and who waits for its end.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle: nothing is held.")]
    private sealed class Known
    {
        private readonly Lock gate = new();
        private CancellationTokenSource over = new();
        private Session now;

        public Known(Session session)
        {
            now = session;
            if (session.EndedAt is not null)
            {
                over.Cancel();
            }
        }

        public Session Now => Volatile.Read(ref now);

        public bool Dirty { get; private set; }

        public CancellationToken Over
        {
            get
            {
                lock (gate)
                {
                    return over.Token;
                }
            }
        }

        public void Seen(DateTimeOffset at) =>
            Change(
                session => session.EndedAt is null && at > session.LastSeenAt,
                session => session with { LastSeenAt = at }
            );

        public bool Finish(SessionEnd end, DateTimeOffset at)
        {
            bool ended = Change(
                session => session.EndedAt is null,
                session => session with { EndedAt = at, End = end }
            );
            if (ended)
            {
                CancellationTokenSource source;
                lock (gate)
                {
                    source = over;
                }
                // Whoever waits must not hold up whoever ends it.
                _ = source.CancelAsync();
            }
            return ended;
        }

        public void Renew(Func<Session, Session> edit)
        {
            Change(_ => true, edit);
            lock (gate)
            {
                if (now.EndedAt is null && over.IsCancellationRequested)
                {
                    over = new CancellationTokenSource();
                }
            }
        }

        public void MakeDirty() => Dirty = true;

        public Session Clean()
        {
            lock (gate)
            {
                Dirty = false;
                return now;
            }
        }

        private bool Change(Func<Session, bool> may, Func<Session, Session> edit)
        {
            lock (gate)
            {
                if (!may(now))
                {
                    return false;
                }
                Volatile.Write(ref now, edit(now));
                Dirty = true;
                return true;
            }
        }
    }
}
