using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.Repository.Keeping;

/// <summary>That objects restore points need are kept from deletion by the store itself.</summary>
/// <param name="Retention">The store's retention.</param>
/// <param name="For">How long from now on, at least, everything that is needed cannot be deleted.</param>
public sealed record ObjectKeeping(IObjectRetention Retention, TimeSpan For)
{
    /// <summary>
    /// Keeps one object for the time from now on; true when its end was moved. It is moved by a quarter more, so that an object is touched once in that
    /// quarter and not each day.
    /// </summary>
    /// <exception cref="ObjectStore.ObjectStoreException">As <see cref="IObjectRetention.ExtendAsync"/>.</exception>
    public async Task<bool> KeepAsync(string name, CancellationToken cancellationToken)
    {
        DateTimeOffset now = Retention.Now;
        if (await Retention.RetainedUntilAsync(name, cancellationToken) is { } end && end >= now + For)
        {
            return false;
        }

        await Retention.ExtendAsync(name, now + (For * 1.25), cancellationToken);
        return true;
    }
}
