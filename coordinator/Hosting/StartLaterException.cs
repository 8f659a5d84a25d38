namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// Something the coordinator begins with is not there now: a key file or store directory that is mounted late, a store that is away. Nothing is wrong that a later start
/// could not find right, so whoever runs it should start it again.
/// </summary>
public sealed class StartLaterException : Exception
{
    /// <param name="message">What is missing, and where.</param>
    /// <param name="inner">Why.</param>
    public StartLaterException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
