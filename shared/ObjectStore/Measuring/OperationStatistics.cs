namespace K8sBackup.ObjectStore.Measuring;

/// <summary>What one kind of call cost so far.</summary>
/// <param name="Calls">Calls that ended.</param>
/// <param name="Failures">Those that ended with an exception.</param>
/// <param name="Retries">Attempts after the first.</param>
/// <param name="BytesSent">Content written by calls that succeeded.</param>
/// <param name="BytesReceived">Content read by calls that succeeded.</param>
/// <param name="TotalTime">Time of all calls together.</param>
/// <param name="LongestTime">Time of the slowest call.</param>
public sealed record OperationStatistics(
    long Calls, long Failures, long Retries, long BytesSent, long BytesReceived, TimeSpan TotalTime, TimeSpan LongestTime);
