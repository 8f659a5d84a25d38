namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>What the proxy does to a request it matches.</summary>
public enum HttpFaultKind
{
    /// <summary>The request is not passed on; it is answered with the rule's status and S3 error code.</summary>
    Answer = 1,

    /// <summary>The request is passed on and takes effect; then the connection is cut without an answer.</summary>
    LoseAnswer = 2,

    /// <summary>The answer's connection is cut after half of its body.</summary>
    CutBody = 3,

    /// <summary>The answer's body comes one byte a second.</summary>
    CrawlBody = 4,

    /// <summary>
    /// Headers that begin with the rule's text are taken away from the request, and its signature, which covers them: the
    /// bucket must be open to all.
    /// </summary>
    StripHeaders = 5,

    /// <summary>The completion of an upload in parts keeps to If-None-Match, as newer servers do. The bucket must be open to all.</summary>
    EnforceOnCompletion = 6,

    /// <summary>
    /// The endpoint's clock is ahead by the rule's time: its answers say so, and requests signed with a time more than 15 minutes off are refused. Their
    /// signatures are taken away: the bucket must be open to all.
    /// </summary>
    OtherClock = 7,

    /// <summary>One bit of what is sent changes on the way. With the rule's text its signature is taken away too: the bucket must be open to all.</summary>
    FlipSent = 8,

    /// <summary>The request is taken and never answered.</summary>
    NeverAnswer = 9,
}
