using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.Repository.Pruning;

/// <summary>That objects restore points need are kept from deletion by the store itself.</summary>
/// <param name="Retention">The store's retention.</param>
/// <param name="For">How long from now on, at least, everything that is needed cannot be deleted.</param>
public sealed record ObjectKeeping(IObjectRetention Retention, TimeSpan For);
